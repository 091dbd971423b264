"""Wrong passwords for the users of the target file: so few that none of them is locked out.

How many those are is found out on an account that is made for it: after each wrong password the right one must sign on.
"""

from __future__ import annotations

from conformance.checks.adm.signons import person
from conformance.checks.api import Check
from conformance.errors import ConformanceError
from conformance.session.accounts import fresh_password
from conformance.session.hdm import Query, nmp_signon
from conformance.session.once import once
from conformance.stream import TargetProfile


def spend_wrong_password(check: Check, username: str) -> None:
    """Take a wrong password for a user of the target file out of the budget.

    Raises:
        PasswordBudgetSpent: it might lock the user out.
    """
    _find_lock(check)
    check.session.budget.spend_wrong_password(username)


@once
def _find_lock(check: Check) -> None:
    """Learn after how many wrong passwords the target refuses the right one, if that is soon."""
    most = check.target.safety.wrong_passwords_per_user
    if not most or "created_accounts_sign_on" not in check.target.features:
        return
    try:
        account = person(check, "lock-out").account
    except ConformanceError:
        # Nothing is said of accounts here: the checks of ADM say why none can be created.
        return
    right: Query = {"username": account.signon_id, "password": account.password}
    for number in range(1, most + 1):
        nmp_signon(check, {**right, "password": fresh_password()})
        answer = nmp_signon(check, right, valid=True)
        if 400 <= answer.status < 500 and not answer.foreign:
            check.session.learn(TargetProfile(locks_after=number))
            said = f"a created account was locked out after {number} wrong password{'s' * (number > 1)}"
            why = f"{said} (exchange {answer.id}), and no user of the target file is to be"
            check.session.budget.limit_wrong_passwords(number - 1, why)
            return
