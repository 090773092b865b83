from game.categories import CATEGORIES, INDEX


def test_there_are_345_different_categories() -> None:
    assert len(CATEGORIES) == len(set(CATEGORIES)) == 345


def test_the_index_of_a_category_is_its_place() -> None:
    assert [INDEX[name] for name in CATEGORIES] == list(range(345))


def test_the_order_is_that_of_the_data_set() -> None:
    assert CATEGORIES[:2] == ("aircraft carrier", "airplane")
    assert CATEGORIES[-2:] == ("zebra", "zigzag")
    assert INDEX["The Eiffel Tower"] == INDEX["tent"] + 1
