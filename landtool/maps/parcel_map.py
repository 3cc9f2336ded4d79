"""The folium element that hands a map's data to the client script.

Nothing from the data is ever handed to HTML: the script shows texts through ``textContent``, and the JSON
inside the page has its ``<`` escaped, so a name like ``<img onerror=…>`` is shown, not run.
"""

from __future__ import annotations

import json
from typing import Any

from branca.element import MacroElement
from folium.template import Template


def script_json(value: Any) -> str:
    r"""JSON that may stand inside a script element of a folium page.

    branca renders what a child's template gave once more as a template: ``{{…}}`` in a name would be
    run on this machine, so the opening signs are escaped as well.

    Examples
    --------
    >>> script_json("</script>"), script_json("{{7*7}}")
    ('"\\u003c/script>"', '"\\u007b\\u007b7*7}}"')
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in ("{{", "{%", "{#"):
        text = text.replace(sign, sign.replace("{", "\\u007b"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


class ParcelMap(MacroElement):
    """Parcels with themes, legend, outlines and tools on a folium map.

    Parameters
    ----------
    data : dict
        What ``client/start.js`` reads: ``size``, ``bounds``, ``detailZoom``, ``themes``, ``outlines``,
        ``texts``, and ``inline`` where the page carries its parcels with it.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        LandtoolMap.start({{ this._parent.get_name() }}, {{ this.data }});
        {% endmacro %}
        """
    )

    def __init__(self, data: dict[str, Any]) -> None:
        super().__init__()
        self._name = "ParcelMap"
        self.data = script_json(data)
