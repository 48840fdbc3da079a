import pytest
from sqlalchemy import update

from sanctions_exposure.storage import Database
from sanctions_exposure.storage.answers import Answers, Kept, KeyReused, Underway
from sanctions_exposure.storage.tables import ANSWER

GIVEN = Kept(200, b'{"decision":"clear"}', "application/json")


def test_an_answer_is_given_again_for_its_key(database: Database) -> None:
    answers = Answers(database)
    assert answers.begin("k", "d") is None
    answers.keep("k", GIVEN)

    assert answers.begin("k", "d") == GIVEN


def test_a_key_belongs_to_one_request(database: Database) -> None:
    answers = Answers(database)
    answers.begin("k", "d")

    with pytest.raises(KeyReused):
        answers.begin("k", "another")


def test_a_request_that_is_being_answered_is_not_answered_twice(database: Database) -> None:
    answers = Answers(database)
    answers.begin("k", "d")

    with pytest.raises(Underway):
        answers.begin("k", "d")


def test_a_request_that_failed_may_be_tried_again(database: Database) -> None:
    answers = Answers(database)
    answers.begin("k", "d")
    answers.forget("k")

    assert answers.begin("k", "d") is None


@pytest.mark.parametrize(("age", "kept"), [(29 * 86_400, True), (31 * 86_400, False)])
def test_an_answer_is_kept_for_thirty_days(database: Database, age: int, *, kept: bool) -> None:
    answers = Answers(database)
    answers.begin("k", "d")
    answers.keep("k", GIVEN)
    with database.writing() as connection:
        connection.execute(update(ANSWER).values(at=ANSWER.c.at - age))

    assert (answers.begin("k", "d") == GIVEN) == kept


def test_a_request_whose_server_died_may_be_tried_again_after_a_while(database: Database) -> None:
    answers = Answers(database)
    answers.begin("k", "d")
    with database.writing() as connection:
        connection.execute(update(ANSWER).values(at=ANSWER.c.at - 121))

    assert answers.begin("k", "d") is None
