"""What is known of one host of a target: what it says of unknown paths, and what blocks, limits or walls in front."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from conformance.client import Wire
from conformance.contract import Operation, load_transport
from conformance.model import Clock, Request
from conformance.session.errors_of_host import SERVER_ERROR, is_of_proxies
from conformance.session.experiment import BURST, Experiments
from conformance.session.form import Form, alike, of_one_template
from conformance.session.patience import FIRST_WAIT_S, shorter_pauses

# What limits requests by the second lets some through after so long.
CALM_S = 1.0
MOST_CLOSER, MOST_LONG = 6, 20
# A limit refuses at least so many of the requests that are sent together. What refuses or fails now and then shows in
# more of them; a gateway fails so few by itself, and what fails one in thirty is broken. A page in place of an error
# is a gateway's where it comes more often, too, but not one in ten: a node that is away, or not there yet.
MOST_OF_THEM, LONG_BURST, SELDOM, SELDOM_PAGE = 0.5, 90, 1 / 36, 1 / 12
# A refusal of all of them may be of their credentials; a limit is over after a moment.
NEARLY_ALL = 0.9
# What any request is answered now and then is over at once.
A_MOMENT_S = 0.1
# A ban lasts seconds; what lasts longer than these together is there to stay.
WAITS_S = tuple(FIRST_WAIT_S * 2**attempt for attempt in range(6))


@dataclass(frozen=True)
class Seen:
    """What an answer was found to be: foreign, if there is a `reason`; `wall` is its form where all is answered so."""

    reason: str = ""
    wall: Form | None = None


OWN = Seen()


def blocked(form: Form, why: str = "", wall: Form | None = None) -> Seen:
    """Return what an answer of something in front is found to be, and why."""
    return Seen(f"blocked in front: {form.described}{why}", wall)


def limited(form: Form) -> Seen:
    """Return what the refusal of a limit of requests is found to be: it is over in a moment."""
    return blocked(form, ", to too many requests", form)


@dataclass
class Host:
    """What is known of one host.

    Attributes:
        nowhere: method -> what it says of a path that nobody has.
        beside: folder -> what it says of such a path there.
        blocking: what it answers in front of the platform to requests that it takes for attacks.
        own: what experiments found to be the platform's, to suspicious requests (True) and to others.
        elsewhere: pages and redirects in place of refusals, and whether they are of something in front.
        usual: what plain requests are answered, and is no wall.
        looked_closer: how often a failure was looked into before it was held against the platform.
        long_bursts: how often very many requests were sent for it.
        limits: what requests are answered while there are too many of them, or now and then.
        now_and_then: those of them that any request may get, and that need no waiting.
        walls: what every request is answered, and until when that was seen, in milliseconds.
        stay: folders whose walls were waited for in vain.
        enough_s: with how short a pause to begin where a limit is waited for.
        asked: the methods by which `nowhere` was asked.
    """

    nowhere: dict[str, Form] = field(default_factory=dict)
    beside: dict[str, Form | None] = field(default_factory=dict)
    blocking: list[Form] = field(default_factory=list)
    own: dict[bool, list[Form]] = field(default_factory=lambda: {False: [], True: []})
    usual: list[Form] = field(default_factory=list)
    elsewhere: list[tuple[Form, bool]] = field(default_factory=list)
    looked_closer: int = 0
    long_bursts: int = 0
    limits: list[Form] = field(default_factory=list)
    now_and_then: list[Form] = field(default_factory=list)
    walls: list[tuple[Form, float]] = field(default_factory=list)
    stay: set[str] = field(default_factory=set)
    enough_s: float = FIRST_WAIT_S
    asked: set[str] = field(default_factory=set)

    def walled(self, form: Form, sent_at: float) -> Seen | None:
        """Return what an answer is that a limit gave, or a wall while it was up; `sent_at` in milliseconds."""
        if self.limits_by(form):
            return limited(form)
        for wall, until in self.walls:
            if sent_at <= until and alike(form, wall):
                return blocked(form, ", as to every request at that time")
        return None

    def limits_by(self, form: Form) -> bool:
        """Tell whether a form is known to limit the number of requests."""
        return any(alike(form, one) for one in self.limits)

    def passes(self, form: Form) -> None:
        """Take note that what refuses so may be over in a moment."""
        if not any(alike(form, one) for one in self.now_and_then):
            self.now_and_then.append(form)

    def waits(self, folder: str, wall: Form) -> tuple[float, ...]:
        """Return the pauses after which a wall is looked at again, in seconds."""
        is_over_at_once = any(alike(wall, one) for one in self.now_and_then)
        first = (A_MOMENT_S,) if is_over_at_once else tuple(shorter_pauses(self.enough_s))
        return (*first, *WAITS_S[: 1 if folder in self.stay else None])

    def knows(self, form: Form) -> bool:
        """Tell whether the template of an error is known, of an answer that limits nothing."""
        return any(alike(form, one) or of_one_template(form, one) for one in self._not_limiting())

    def stands_in(self, form: Form) -> bool | None:
        """Tell whether a page or redirect was found to be of something in front; None if it is a new one."""
        return next((found for one, found in self.elsewhere if alike(form, one)), None)

    def _not_limiting(self) -> Iterator[Form]:
        yield from self.usual
        yield from self.own[False]
        yield from self.own[True]
        yield from filter(None, self.beside.values())


def is_of_any_server(entry: Operation, form: Form, wire: Wire) -> bool:
    """Tell whether any server may say so of the frame of a request, so that it needs no experiment."""
    transport, sent = load_transport(), Request(wire.method, wire.url, wire.headers, wire.body)
    return form.status in transport.unusual_frame and transport.unusual(entry, sent)


def is_limit(
    experiments: Experiments,
    clock: Clock,
    host: Host,
    form: Form,
    request: Wire | Request,
    *,
    closer: bool = False,
) -> bool:
    """Tell whether a form limits the number of requests, or is what any request gets now and then.

    Each template of errors is looked into once, and the closer if nothing else on the host is written so. Before one is
    held against the platform, it is looked into some times more (`closer`): a limit may have had room.
    """
    looked = host.looked_closer < MOST_CLOSER if closer else not host.knows(form)
    if host.limits_by(form) or not looked:
        return host.limits_by(form)
    foreign = experiments.errors.is_foreign(request.url, form)
    long = foreign and (closer or host.long_bursts < MOST_LONG)
    host.looked_closer += closer
    host.long_bursts += long
    share = experiments.share(request, form, burst=LONG_BURST if long else BURST)
    if not long and 0 < share < MOST_OF_THEM:
        # A limit has room for the first ones, and for more where the machine is slow to send them.
        share = experiments.share(request, form, burst=LONG_BURST)
    # What fails whoever asks, and in a form that may be the platform's, is its own, unless it is a limit.
    refuses = 0 < form.status < SERVER_ERROR or is_of_proxies(form.status)
    most = NEARLY_ALL if refuses else SELDOM_PAGE if form.kind == "html" else SELDOM
    seldom = foreign and 0 < share <= most
    if seldom:
        host.now_and_then.append(form)
    elif share >= MOST_OF_THEM:
        clock.sleep(CALM_S)
        seldom = experiments.is_calm(request, form)
    (host.limits if seldom else host.usual).append(form)
    return seldom
