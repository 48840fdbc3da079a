"""How XML from outside is read, lists and orders alike: nothing is fetched, expanded or mended."""

from __future__ import annotations

from typing import Any, Final

SAFE: Final[dict[str, Any]] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "recover": False,
    "remove_comments": True,  # else they part the text of an element
    "remove_pis": True,
}
