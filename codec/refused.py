"""What somebody is told who may not ask."""


class Refused(Exception):
    """`status` is the answer's over HTTP."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
