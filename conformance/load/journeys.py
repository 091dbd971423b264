"""What a member of the crowd does: a user signs on, initialises, signs on with the device and asks for a licence; a set
top box signs on, broadcasts, updates the in-home flag, and lists the channels.

The requests are those of the suite's flows. A journey judges what single exchanges cannot show: that what a member is
told stays what it was told before, whoever else asks.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from conformance.load.crowd import Crowd, Member
from conformance.model import Exchange, JsonObject, Judgement, judged
from conformance.opentv import licence
from conformance.opentv.answers import answer_object, succeeded
from conformance.opentv.broadcast import find_broadcast_token
from conformance.opentv.tokens import read_jwt
from conformance.session import Sender, channels, hdm, ias, initialise, licences
from conformance.session.signing import keep_secret, token_text
from conformance.target import Secret, Subject

Say = Callable[[Judgement, Exchange], None]
ASKS_WITH = ("device", "user", None)


@dataclass
class Journey:
    """One member under way: `sender` sends for it, `say` records what is judged."""

    sender: Sender
    member: Member
    crowd: Crowd
    say: Say
    rng: random.Random

    def expect(self, requirement: str, holds: bool, exchange: Exchange, expected: str, actual: str) -> None:
        """Judge a requirement by an exchange."""
        self.say(judged(requirement, holds, expected=expected, actual=actual, cause=actual), exchange)

    def stays(self, requirement: str, name: str, value: object, exchange: Exchange) -> None:
        """Judge that a fact of a member is what it was before, and take note of it."""
        if not isinstance(value, str | int) or isinstance(value, bool) or value == "":
            return
        before = self.member.facts.setdefault(name, str(value))
        self.expect(requirement, str(value) == before, exchange, f"the {name} of before", f"another {name} than before")
        if str(value) == before:
            self.crowd.learn(self.member, name, str(value))

    def user(self) -> None:
        """The journey of a user with an open device: HDM and SDP."""
        sender, target, member = self.sender, self.sender.session.target, self.member
        direct = hdm.direct_mode_only(sender)
        subject = target.subject(member.user)
        first = hdm.direct_query(subject, self.gateway()) if direct else hdm.user_query(subject)
        token = hdm.token_of(hdm.nmp_signon(sender, first, valid=True))
        writes = sender.session.budget.writes_allowed and "player" in target.subjects
        if token is not None and writes and "initialised" not in member.facts:
            if initialise.initialised(initialise.initialise(sender, "initialiseDeviceByPost", token, valid=True)):
                member.facts["initialised"] = "once"
            token = None  # the answer may have ended it
        if "deviceId" in subject and not direct:
            token = hdm.token_of(hdm.nmp_signon(sender, hdm.device_query(subject), valid=True))
        elif token is None:
            token = hdm.token_of(hdm.nmp_signon(sender, first, valid=True))
        if sender.session.profile.question_token in ASKS_WITH:
            self.ask(token, "ISO-009", "nmpsignontokens")

    def gateway(self) -> Subject:
        """The home gateway of direct mode: the household's own set top box, which is one, or the target file's."""
        target, member = self.sender.session.target, self.member
        own = target.subject(member.box) if member.box else None
        return own if own is not None and "smartcardId" in own else target.subject("gateway")

    def ask(self, token: Secret | None, belongs: str, signon: str) -> None:
        """Ask for the entitled content: the answer must be of this member, whoever asks and signs on at the moment."""
        target, member = self.sender.session.target, self.member
        if token is None or "sdp" not in target.services or target.credentials.sdp_password is None:
            return
        content = target.content.get("authorized")
        if not content:
            return
        exchange = licences.ask(self.sender, content, token, valid=True)
        said, result = licence.authorisation(exchange), licence.result_of(exchange)
        if not said:
            return
        self.stays("SDP-053", "authorisation", said, exchange)
        number = result.get("accountNumber")
        if isinstance(number, str | int) and "account number" in member.facts and signon in member.last:
            same = str(number) == member.facts["account number"]
            say = f"another account number than before, for the token of {signon}"
            self.say(
                judged(belongs, same, expected="the account number of before", actual=say, cause=say),
                member.last[signon],
            )
        self.stays("SDP-051", "account number", number, exchange)

    def box(self) -> None:
        """The journey of a set top box: HDM, IAS and MDS."""
        sender, target, member = self.sender, self.sender.session.target, self.member
        subject = target.subject(member.box)
        if "hdm" in target.services and all(name in subject for name in hdm.STB_DETAILS):
            token = hdm.token_of(hdm.stb_signon(sender, hdm.stb_details(subject), valid=True))
            if sender.session.profile.question_token == "stb":  # noqa: S105 - whose token it is
                self.ask(token, "ISO-010", "stbsignontokens")
        if "ias" not in target.services or "dasChallenge" not in subject:
            return
        exchange = ias.das_sign_on(sender, member.box, valid=True)
        body = answer_object(exchange)
        claims = ias.claims_of(body.get("access_token"))
        if not exchange.succeeded or not claims:
            return
        self.names("DAS-045", claims, exchange)
        access = token_text(sender, body.get("access_token"), sender.session.profile.algorithm or "HS256")
        if not access:
            return
        if sender.session.profile.question_token == "ias":  # noqa: S105
            self.ask(Secret(access), "DAS-045", ias.SIGN_ON)
        flag, access = self.at_home(access) if "in_home_detection" in target.features else (None, access)
        if "mds" in target.services and access:
            self.list_channels(access, flag)

    def names(self, requirement: str, claims: JsonObject, exchange: Exchange) -> None:
        """Judge that a token names the account and the device of before."""
        for name in ("accountId", "deviceId"):
            self.stays(requirement, name, claims.get(name), exchange)

    def at_home(self, access: str) -> tuple[bool | None, str]:
        """Broadcast, and update the flag by one's own broadcast; return the flag and the token after it."""
        sender = self.sender
        exchange = ias.generate(sender, access, valid=True)
        broadcast = find_broadcast_token(exchange.response) if exchange.response and succeeded(exchange) else None
        if broadcast is None:
            return None, access
        sender.session.stream.redactor.learn(broadcast)
        wanted = self.rng.random() < 0.5
        exchange = ias.update(sender, access, broadcast, wanted, valid=True)
        updated = answer_object(exchange).get("access_token")
        jwt = read_jwt(updated)
        if not succeeded(exchange) or jwt is None or not isinstance(updated, str):
            return None, access
        keep_secret(sender, updated)
        self.names("UPD-093", jwt.claims, exchange)
        flag = jwt.claims.get("inHome")
        asked = str(wanted).lower()
        self.expect("UPD-092", flag is wanted, exchange, f"inHome {asked}", f"inHome is not the {asked} of the request")
        return flag is True, updated

    def list_channels(self, access: str, flag: bool | None) -> None:
        """List the channels with the token in hand."""
        found = channels.channel_list(self.sender, access, valid=True)
        hidden = self.sender.session.target.channels.get("in_home_only", ())
        if flag is None or not hidden or not found.served or not found.whole:
            return
        listed = [channel for channel in hidden if found.lists(channel)]
        right = len(listed) == len(hidden) if flag else not listed
        requirement, wrong = ("MDS-017", "missing") if flag else ("MDS-016", "listed")
        place = f"channels with inHome {str(flag).lower()}"
        # What the household has a right to nobody says: its list is to stay what it was.
        if right:
            self.member.facts[place] = "right"
        if place in self.member.facts:
            self.expect(requirement, right, found.exchange, "the list of before", f"an in-home-only channel is {wrong}")
