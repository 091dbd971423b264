"""The events of a run, one JSON object a line in `run.jsonl`.

Each has `event` (its kind) and `at` (milliseconds since 1970); what else it has:

    run        suite, target, options, contract, register, features, readings pinned: the opening line
    exchange   id, service, operation, by, valid, request, response, failure, elapsed_ms, passed[], broken[]
    finding    requirement, expected[], actual, cause, exchange, by
    verified   requirement, exchange, by: a check saw the requirement hold
    untested   requirement, reason, add[], by: claimed, but the target file lacks something
    undeclared requirement, reason: the target does not claim the service or feature
    unobserved requirement, reason, by: a check found that nothing of this target could show a breach
    trouble    requirement, reason, by: the suite or the network failed, not the target's answer
    collected  checks: how many checks will run
    abort      message, exit_code: a check found that the run cannot go on
    check      name, outcome, duration_ms, requirements[], message: the end of a check
    reading    reading, option, exchange: which documented reading the target was seen to follow
    created    operation, method, id, state, exchange: something that now exists on the target
    refused    operation, reason: a request that the suite itself refused to send
    condition  name, state (entering, entered, left, failed), message
    control    exchange, verdict (down, throttled, expired, flaky, real), note: fault attribution
    fuzz       operation, cases, sent, dropped, withheld, statuses{}, seed, plan, per_second, stopped: what fuzzing did
    budget     sent, writes_sent, writes_refused, wrong{}: what one process of the run spent
    case       operation, requirement, cause, exchange, case, about, repeats, curl: a finding's smallest generated case
    walks      steps{}, seed: how often each operation was stepped on in walks over the links
    torn       text, level: read, never written: a line that a killed process left unfinished
    note       text, level: something the reader of the report should know
    end        aborted, exit_code, message (all three only when cut short): the closing line; a stream without
               it was cut off in the middle
"""

from __future__ import annotations

from typing import Any, TypeAlias

SCHEMA_VERSION = 1

Event: TypeAlias = dict[str, Any]
