"""The rules of Inkling: pure functions over plain values, standard library only."""
