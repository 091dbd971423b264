import pytest

from conformance.errors import TargetFileError
from conformance.target import Source, Subject, Target
from conformance.target.pool import households

HEAD = "username,password,deviceId,accountId,smartcardId,nuId,casn,csadList,dasChallenge,scheme,macAddress\n"


def target(text, **subjects):
    named = {
        name: Subject(name, {key: Source(value=one) for key, one in values.items()})
        for name, values in subjects.items()
    }
    pool = Source(value=text, where="target.yaml:9") if text else None
    return Target("small", "nagra", {}, subjects=named, pool=pool)


def test_a_row_is_a_user_a_box_or_both():
    rows = "ada,secret,NMP-1,acc-1,,,,,,,\n,,,acc-2,card,nu,casn-2,csad,challenge,,\n\nbo,secret,,acc-3,,,casn-3,,x,CONNECT,\n"
    found = households(target(HEAD + rows))
    assert [(one.user is not None, one.box is not None, one.account, one.row) for one in found] == [
        (True, False, "acc-1", 2),
        (False, True, "acc-2", 3),
        (True, True, "acc-3", 5),
    ]
    assert dict(found[0].names) == {"username": "ada", "deviceId": "NMP-1", "accountId": "acc-1"}
    assert found[2].box is not None
    assert str(found[2].box["dasChallenge"]) == "***"


def test_the_subjects_of_the_target_file_are_households_too_of_two_accounts_of_a_kind():
    user, boxes = {"username": "ada", "accountId": "a"}, ({"casn": "1"}, {"casn": "2"})
    found = households(
        target(
            HEAD + "bo,x,,b,,,,,,,\n",
            user=user,
            stb=boxes[0],
            user_other_account={"username": "cy"},
            stb_other_account=boxes[1],
        )
    )
    apart = {(one.number, other.number) for one in found for other in found if one.is_apart(other)}
    assert apart == {(0, 4), (4, 0), (1, 3), (3, 1)}, "nobody says whose account the boxes are of, and user cy"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("user,password\nada,x\n", "column 'user'"),
        ("username,password\nada,x,y\n", "row 2 has more values"),
        ("username,password\nada,\n", "row 2 is neither"),
        ("username,password\nada,x\nAda,y\n", "row 3 has a username that is there already"),
    ],
)
def test_a_pool_that_cannot_be_meant_is_refused_with_its_row(text, said):
    with pytest.raises(TargetFileError) as caught:
        households(target(text))
    assert said in caught.value.message
    assert caught.value.where == "target.yaml:9"
