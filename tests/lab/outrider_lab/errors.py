"""The one exception that reaches the user as a message instead of a traceback."""


class LabError(Exception):
    """Something the user can act on: a bad word, a missing program, a lab that is not up."""
