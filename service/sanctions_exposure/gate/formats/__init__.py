"""The report in the words of whoever reads it: people, programs, GitHub, GitLab, Jenkins, code scanning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from sanctions_exposure.gate.formats.github import github
from sanctions_exposure.gate.formats.gitlab import gitlab
from sanctions_exposure.gate.formats.json_report import json_report
from sanctions_exposure.gate.formats.junit import junit
from sanctions_exposure.gate.formats.markdown import markdown
from sanctions_exposure.gate.formats.sarif import sarif
from sanctions_exposure.gate.formats.text import text
from sanctions_exposure.gate.report import Report

FORMATS: Final[Mapping[str, Callable[[Report], str]]] = {
    "text": text,
    "json": json_report,
    "sarif": sarif,
    "junit": junit,
    "github": github,
    "gitlab": gitlab,
    "markdown": markdown,
}

__all__ = ["FORMATS", "markdown", "text"]
