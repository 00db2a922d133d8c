"""The settings as fields of a form."""

from dataclasses import replace
from datetime import date

from sequencing.settings import as_words, changed, defaults, differences
from sequencing.settings_fields import FIELDS, read, written


def test_every_setting_has_its_field_with_a_meaning() -> None:
    settings = {name.replace(" ", "_") for name in as_words(defaults())}

    assert set(FIELDS) == settings == set(written(defaults()))
    assert all(field.words and field.meaning for field in FIELDS.values())


def test_what_is_written_is_read_as_the_same_settings() -> None:
    calendar = replace(defaults().calendar, closed_dates=frozenset({date(2026, 12, 25), date(2027, 1, 1)}))
    now = replace(defaults(), calendar=calendar, journaling=True, more_than_one_sequence=False)

    change, errors = read(written(now))

    assert errors == {}
    assert list(differences(now, changed(defaults(), change))) == []


def test_each_field_that_cannot_be_taken_says_why_and_the_others_are_read() -> None:
    typed = {**written(defaults()), "zone": "Nowhere", "mon": "9 to 5", "tue": "09:00-12:00, 11:00-13:00"}
    typed |= {"closed_dates": "2026-13-01", "steps": "0", "gap_seconds": "-1"}

    change, errors = read(typed)

    assert set(errors) == {"zone", "mon", "tue", "closed_dates", "steps", "gap_seconds"}
    assert errors["steps"] == "steps can be 1 to 500, not '0'."
    assert "overlap" in errors["tue"]
    assert change.limits["emails_a_day"] == 200


def test_an_empty_day_is_closed_and_a_switch_that_is_not_sent_is_off() -> None:
    change, errors = read(
        {name: said for name, said in written(defaults()).items() if name != "more_than_one_sequence"}
    )

    assert (errors, change.frames[6], change.more_than_one_sequence) == ({}, (), False)
