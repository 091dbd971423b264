"""What differs between what was expected and what was seen, marked in both."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from markupsafe import Markup, escape

from conformance.report.text import printable, shortened

_WORDS = re.compile(r"\w+|\s+|[^\w\s]")
_ALIKE = 0.3


def marked(expected: tuple[str, ...], actual: str) -> tuple[tuple[Markup, ...], Markup]:
    """Return the expected texts and the actual one, with `<mark>` around what differs.

    The actual text is compared with the expected one that is most like it; where none is, all of it differs.
    """
    wanted = [shortened(printable(text)) for text in expected]
    seen = shortened(printable(actual))
    words = _WORDS.findall(seen)
    best, matcher = -1, None
    for index, text in enumerate(wanted):
        candidate = SequenceMatcher(None, _WORDS.findall(text), words, autojunk=False)
        if candidate.ratio() > (matcher.ratio() if matcher else _ALIKE):
            best, matcher = index, candidate
    if matcher is None:
        return tuple(escape(text) for text in wanted), _mark(seen)
    ours = _WORDS.findall(wanted[best])
    left, right = Markup(), Markup()
    for tag, a, b, c, d in matcher.get_opcodes():
        same = tag == "equal"
        left += escape("".join(ours[a:b])) if same else _mark("".join(ours[a:b]))
        right += escape("".join(words[c:d])) if same else _mark("".join(words[c:d]))
    return tuple(left if index == best else escape(text) for index, text in enumerate(wanted)), right


def _mark(text: str) -> Markup:
    return Markup("<mark>{}</mark>").format(text) if text.strip() else escape(text)


def named_in(names: object, *texts: str) -> bool:
    """Tell whether a field's name stands in one of the texts as a word of its own."""
    return isinstance(names, str) and any(
        re.search(rf"(?<![\w.-]){re.escape(names)}(?![\w-])", text) is not None for text in texts
    )
