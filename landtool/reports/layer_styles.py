"""Layer styles for QGIS (QML) and for others (SLD): by category or as outlines, in the map's colours."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

_EDGE = "#33363a"
_EDGE_MM, _ALPHA = 0.1, 200
# What no category names is shown too: a map must not hide what is in its file.
_OTHER_COLOUR = "#b5b5b5"
_PIXELS_PER_MM = 1 / 0.28
# Pixels drawn and left out, as SLD counts them.
_DASHES = {"solid": "", "dash": "10 5"}


def category_qml(column: str, labels: Mapping[str, str], colours: Mapping[str, str], other: str) -> str:
    """QGIS style of polygons by the values of a text column, in the order of ``colours``; ``other`` for the rest.

    Examples
    --------
    >>> category_qml("s", {"a": "A & B"}, {"a": "#ff0000"}, "other").count("A &amp; B")
    1
    """
    categories, symbols = "", ""
    # QGIS takes the empty value for "all other values".
    for number, (value, colour) in enumerate([*colours.items(), ("", _OTHER_COLOUR)]):
        categories += (f"<category render='true' type='string' symbol='{number}' "
                       f"value={quoteattr(value)} label={quoteattr(labels.get(value, value) if value else other)}/>")
        symbols += _fill_symbol(str(number), _rgba(colour, _ALPHA), _rgba(_EDGE), _EDGE_MM)
    return _qml(f"<renderer-v2 type='categorizedSymbol' attr={quoteattr(column)} symbollevels='0' "
                f"enableorderby='0'><categories>{categories}</categories>"
                f"<symbols>{symbols}</symbols></renderer-v2>")


def category_sld(layer: str, column: str, labels: Mapping[str, str], colours: Mapping[str, str],
                 other: str) -> str:
    """The same for programs that read SLD 1.0."""
    rules = "".join(
        f"<Rule><Name>{escape(value)}</Name><Title>{escape(labels.get(value, value))}</Title>"
        f"<ogc:Filter><ogc:PropertyIsEqualTo><ogc:PropertyName>{escape(column)}</ogc:PropertyName>"
        f"<ogc:Literal>{escape(value)}</ogc:Literal></ogc:PropertyIsEqualTo></ogc:Filter>"
        f"{_sld_polygon(colour)}</Rule>" for value, colour in colours.items())
    rest = f"<Rule><Name>other</Name><Title>{escape(other)}</Title><ElseFilter/>{_sld_polygon(_OTHER_COLOUR)}</Rule>"
    return _sld(layer, rules + rest)


def outline_qml(colour: str, width_mm: float, line: str = "solid") -> str:
    """QGIS style of a layer drawn as outlines only, ``solid`` or ``dash``."""
    symbol = _fill_symbol("0", "0,0,0,0", _rgba(colour), width_mm, style="no", line=line)
    return _qml("<renderer-v2 type='singleSymbol' symbollevels='0' enableorderby='0'>"
                f"<symbols>{symbol}</symbols></renderer-v2>")


def outline_sld(layer: str, colour: str, width_mm: float, line: str = "solid") -> str:
    """The same for programs that read SLD 1.0."""
    stroke = _sld_stroke(colour, width_mm, _DASHES[line])
    return _sld(layer, f"<Rule><PolygonSymbolizer>{stroke}</PolygonSymbolizer></Rule>")


def _rgba(colour: str, alpha: int = 255) -> str:
    return ",".join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5)) + f",{alpha}"


def _fill_symbol(name: str, fill: str, outline: str, width_mm: float, style: str = "solid",
                 line: str = "solid") -> str:
    options = {"color": fill, "outline_color": outline, "outline_width": str(width_mm),
               "outline_style": line, "style": style, "outline_width_unit": "MM"}  # fmt: skip
    properties = "".join(f"<Option type='QString' name={quoteattr(key)} value={quoteattr(value)}/>"
                         for key, value in options.items())
    return (f"<symbol type='fill' name={quoteattr(name)} alpha='1' clip_to_extent='1'>"
            f"<layer class='SimpleFill' enabled='1' pass='0' locked='0'><Option type='Map'>"
            f"{properties}</Option></layer></symbol>")


def _qml(renderer: str) -> str:
    return ("<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
            f"<qgis version='3.28' styleCategories='Symbology'>{renderer}</qgis>")


def _sld(layer: str, rules: str) -> str:
    return ('<?xml version="1.0" encoding="UTF-8"?><StyledLayerDescriptor version="1.0.0" '
            'xmlns="http://www.opengis.net/sld" xmlns:ogc="http://www.opengis.net/ogc">'
            f"<NamedLayer><Name>{escape(layer)}</Name><UserStyle><FeatureTypeStyle>{rules}"
            "</FeatureTypeStyle></UserStyle></NamedLayer></StyledLayerDescriptor>")


def _sld_fill(colour: str) -> str:
    return (f'<Fill><CssParameter name="fill">{colour}</CssParameter>'
            f'<CssParameter name="fill-opacity">{_ALPHA / 255:.2f}</CssParameter></Fill>')


def _sld_polygon(colour: str) -> str:
    return f"<PolygonSymbolizer>{_sld_fill(colour)}{_sld_stroke(_EDGE, _EDGE_MM)}</PolygonSymbolizer>"


def _sld_stroke(colour: str, width_mm: float, dashes: str = "") -> str:
    gaps = f'<CssParameter name="stroke-dasharray">{dashes}</CssParameter>' if dashes else ""
    return (f'<Stroke><CssParameter name="stroke">{colour}</CssParameter>'
            f'<CssParameter name="stroke-width">{width_mm * _PIXELS_PER_MM:.2f}</CssParameter>{gaps}</Stroke>')
