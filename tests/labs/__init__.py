"""Right functions and wrong twins of the labs. Neither wheel nor sdist has them, and no student is to see them."""
