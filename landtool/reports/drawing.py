"""Drawings for documents: figures without a screen, the machine's Chinese font, the same bytes each time.

Maps stand in ``parcel_drawing``, charts in ``chart_drawing``. Nothing here keeps state of its own:
figures are objects, never pyplot's current one, so that several threads may draw.
"""

from __future__ import annotations

import io
import threading
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Fonts with Chinese glyphs, the office's own first; a screen font is better than none.
CJK_FONTS = (
    "Microsoft YaHei", "PingFang SC", "Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans SC",
    "SimHei", "DengXian", "Heiti SC", "Hiragino Sans GB", "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei", "SimSun", "NSimSun", "FangSong", "KaiTi", "STHeiti", "STSong",
    "Noto Serif CJK SC", "Noto Sans CJK JP", "Noto Sans CJK TC", "Noto Serif CJK JP",
    "Droid Sans Fallback", "AR PL UMing CN", "Arial Unicode MS",
)  # fmt: skip
MM_PER_INCH = 25.4
INK = "#33363a"
_DPI = 200
_SIZE_PT = 8.0
# The text renderer of matplotlib keeps one cache for all threads.
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class Drawing:
    """A picture for a document.

    Attributes
    ----------
    png : bytes
        The picture; the same bytes for the same content on one machine.
    language : str
        Language its words are in: ``en`` where the machine has no Chinese font.
    width_mm, height_mm : float
        Its size on paper.
    """

    png: bytes
    language: str
    width_mm: float
    height_mm: float


@cache
def cjk_font() -> str | None:
    """Name of the first font of :data:`CJK_FONTS` on this machine; None if there is none."""
    from matplotlib import font_manager

    there = {entry.name for entry in font_manager.fontManager.ttflist}
    return next((name for name in CJK_FONTS if name in there), None)


def drawn_language(language: str) -> str:
    """Language in which this machine can draw: English where Chinese would come out as boxes.

    Examples
    --------
    >>> drawn_language("en")
    'en'
    """
    return language if language == "en" or cjk_font() is not None else "en"


def drawable(text: Any) -> str:
    """A text of the data as it can be drawn: without a Chinese font its Chinese signs become ``?``.

    A dollar sign is no mathematics here, and a line break would tear a label.
    """
    plain = " ".join(str(text).split()).replace("$", r"\$")
    return plain if cjk_font() is not None else plain.encode("latin-1", "replace").decode("latin-1")


def new_figure(width_mm: float, height_mm: float) -> Figure:
    """Open an empty figure of that size on paper; its texts are set by :func:`font`."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width_mm / MM_PER_INCH, height_mm / MM_PER_INCH), dpi=_DPI,
                    layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def font(size: float = _SIZE_PT, *, bold: bool = False) -> Any:
    """Font properties for one text: the Chinese font where there is one, matplotlib's own else."""
    from matplotlib.font_manager import FontProperties

    families = [name for name in (cjk_font(), "DejaVu Sans") if name]
    heavy = bold and _has_bold(families[0])
    return FontProperties(family=families, size=size, weight="bold" if heavy else "normal")


@cache
def _has_bold(name: str) -> bool:
    from matplotlib import font_manager

    weights: dict[Any, Any] = font_manager.weight_dict
    return any(entry.name == name and weights.get(entry.weight, entry.weight) >= weights["bold"]
               for entry in font_manager.fontManager.ttflist)


def finish(figure: Figure, language: str) -> Drawing:
    """Render a figure: no software name, no time of day in the file."""
    target = io.BytesIO()
    with _ONE_AT_A_TIME:
        figure.savefig(target, format="png", dpi=_DPI, facecolor="white", metadata={"Software": None})
    width, height = figure.get_size_inches() * MM_PER_INCH
    return Drawing(target.getvalue(), language, float(width), float(height))


def plain_axes(figure: Figure) -> Any:
    """One pair of axes in the house's look: no box, thin lines, the chosen font on every label."""
    axes = figure.add_subplot()
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color("#9aa0a6")
    axes.tick_params(length=0, colors=INK)
    return axes


def halo() -> list[Any]:
    """A white rim that keeps a text readable over lines and colours."""
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=2.0, foreground="white")]


def set_tick_font(axes: Any, size: float = _SIZE_PT - 1) -> None:
    """Give every tick label of the axes the chosen font."""
    for label in [*axes.get_xticklabels(), *axes.get_yticklabels()]:
        label.set_fontproperties(font(size))
