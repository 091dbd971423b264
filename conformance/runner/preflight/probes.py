"""The premises of the register, each proved by its request; what no request proves is reported as such."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial

from conformance.model import Premise
from conformance.runner.preflight import contents, creating, credentials, deployments, features, signons, tokens
from conformance.runner.preflight.lines import Line, Prober, State, place_of
from conformance.target import Target

Probe = Callable[[Prober, Premise], Iterator[Line]]
PROBES: Mapping[str, Probe] = {
    probe.__name__: probe
    for probe in (
        signons.box_at_hdm,
        signons.box_at_ias,
        signons.boxes_are_two,
        signons.disabled_at_hdm,
        signons.disabled_at_ias,
        signons.user_at_hdm,
        signons.device_at_hdm,
        contents.users_are_two,
        contents.gateway,
        contents.gateway_unprovisioned,
        contents.content_authorized,
        contents.content_not_authorized,
        contents.content_live_ppv,
        contents.channels_in_home_only,
        contents.channels_everywhere,
        contents.tenant,
        features.in_home_detection,
        features.mds_provider,
        features.direct_mode,
        features.no_direct_mode,
        features.live_ppv_license,
        features.ssp,
        features.dynamic_provisioning,
        features.no_dynamic_provisioning,
        tokens.token_keys,
        tokens.expired_hdm_token,
        tokens.expired_ias_token,
        credentials.sdp_credentials,
        credentials.crm_credentials,
        creating.player,
        creating.account_template,
        deployments.channels_by_token_of_ias,
        deployments.question_by_token_of_signon,
        deployments.account_on_ssp,
    )
}


def premise_lines(prober: Prober, services: Collection[str] | None = None) -> list[Line]:
    """Prove every premise that the target file makes, in the order of the register.

    Only what the selected requirements presume, and what is about `services` (None: all): a mistake about something
    else must not stop their test.
    """
    session = prober.session
    target, selected = session.target, session.applicability.selected
    presumed = None if selected is None else {one for name in selected for one in session.register[name].premises}
    lines: list[Line] = []
    for premise in session.register.premises:
        concerned = services is None or any(name in services for name in premise.services)
        if not concerned or (presumed is not None and premise.id not in presumed) or not _made(premise, target):
            continue
        if premise.unproved:
            given = [key for key in premise.keys if _given(key, target)]
            lines += [prober.says(premise, State.NOT_PROVED, premise.unproved, key=key) for key in given]
        elif unusable := prober.unusable & {premise.subject, *premise.signs_on}:
            names = " and ".join(f"subjects.{name}" for name in sorted(unusable))
            lines.append(prober.says(premise, State.NOT_PROVED, f"{names} cannot be used, as another line says"))
        else:
            with prober.without(prober.unusable):
                probe = partial(PROBES[premise.probe], prober, premise)
                lines += prober.lines(probe, *place_of(premise), premise=premise)
            if lines and lines[-1].state is State.UNREACHABLE:
                break
    return lines


def _made(premise: Premise, target: Target) -> bool:
    """Tell whether the target file makes a premise: it gives a value of it, the services, and the features."""
    return (
        all(name in target.services for name in premise.services)
        and all(name in target.features for name in premise.features)
        and not any(name in target.features for name in premise.unclaimed)
        and any(_given(key, target) for key in premise.keys)
        and all(name in target.subjects for name in premise.signs_on)
    )


def _given(key: str, target: Target) -> bool:
    group, _, rest = key.partition(".")
    if group == "credentials":
        return target.has_credential(rest)
    # Of a feature, the file says something whether it claims it or not; a service is declared, and has defaults.
    return group in ("tenant", "features", "services") or target.has_subject(key)
