"""What is raised where a failure cannot be brought about."""


class Unavailable(Exception):
    """This machine lacks something, and the text says what.

    The fixture `failing` skips the test with it.
    """
