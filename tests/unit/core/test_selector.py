"""Label selectors mean what the API server means."""

import pytest

from modeladmit.core.selector import LabelOperator, LabelRequirement, LabelSelector


@pytest.mark.parametrize(
    ("operator", "values", "labels", "expected"),
    [
        (LabelOperator.IN, ("a", "b"), {"k": "a"}, True),
        (LabelOperator.IN, ("a",), {"k": "c"}, False),
        (LabelOperator.IN, ("a",), {}, False),
        (LabelOperator.NOT_IN, ("a",), {"k": "c"}, True),
        (LabelOperator.NOT_IN, ("a",), {}, True),
        (LabelOperator.NOT_IN, ("a",), {"k": "a"}, False),
        (LabelOperator.EXISTS, (), {"k": ""}, True),
        (LabelOperator.EXISTS, (), {}, False),
        (LabelOperator.DOES_NOT_EXIST, (), {}, True),
        (LabelOperator.DOES_NOT_EXIST, (), {"k": ""}, False),
    ],
)
def test_requirements(operator, values, labels, expected):
    assert expected == LabelSelector((LabelRequirement("k", operator, values),)).matches(labels)


def test_the_empty_selector_selects_everything():
    assert LabelSelector().matches({})


def test_all_requirements_must_hold():
    both = LabelSelector(
        (LabelRequirement("a", LabelOperator.EXISTS), LabelRequirement("b", LabelOperator.EXISTS))
    )
    assert not both.matches({"a": ""})
