"""What one tenant of the demo does, as calls of the API."""

from collections.abc import Callable

from cli.demo.board import Board
from cli.signups import SignupForm
from client import Client, models


class DemoFailedError(Exception):
    """Something ended otherwise than the story says."""


class Life:
    """One customer and their tenant. Every method waits for the end of what it asks for."""

    def __init__(self, client: Client, board: Board, form: SignupForm) -> None:
        self.slug = form.slug
        self.tenant_id = ""
        self._client = client
        self._board = board
        self._form = form

    def sign_up(self, *, wanted: str = "succeeded", tenant_id: str | None = None) -> models.OperationDetail:
        self.apply(tenant_id)
        return self._follow(self._signup, wanted)

    def apply(self, tenant_id: str | None = None) -> None:
        """Send the form in, and do not wait."""
        self._board.begin(self.slug, "signup")
        accepted = self._client.sign_up(self._form.body(tenant_id=tenant_id))
        self.tenant_id = accepted["tenant_id"]
        self._signup = accepted["operation_id"]

    def watch_signup_until(self, seen: Callable[[models.OperationDetail], bool]) -> None:
        for view in self._client.follow(self._signup):
            self._board.show(view)
            if seen(view):
                return
        raise DemoFailedError(f"the sign-up of {self.slug} ended too early")

    def ask_to_grow_twice(self, users: int, more_users: int) -> tuple[str, str]:
        """The second wish comes while the first runs; returns the operations of both."""
        self._board.begin(self.slug, "scale")
        first = self._client.scale(self.slug, {"users": users})["operation_id"]
        for view in self._client.follow(first):
            self._board.show(view)
            if view["percent"] > 0 or any(step["status"] == "running" for step in view["steps"]):
                break
        second = self._client.scale(self.slug, {"users": more_users})["operation_id"]
        self._board.say(f"  {self.slug} asks for {more_users} users while it still grows to {users}")
        return first, second

    def grow(self, first: str, second: str) -> models.OperationDetail:
        """Wait for both wishes: the first hands its work over to the second."""
        view = self._follow(second, "succeeded")
        replaced = self._client.operation(first)
        if replaced["status"] != "superseded":
            raise DemoFailedError(f"the first scale of {self.slug} ended as {replaced['status']}")
        return view

    def suspend_and_resume(self) -> models.OperationDetail:
        for change in (self._client.suspend, self._client.resume):
            self._board.begin(self.slug, change.__name__)
            view = self._follow(change(self.slug)["operation_id"], "succeeded")
        return view

    def tear_down(self) -> None:
        """With a grace of 0."""
        accepted = self._client.tear_down(self.slug, grace=0)
        self._board.begin(self.slug, "teardown")
        self._follow(accepted["operation_id"], "succeeded")

    def tear_down_while_signing_up(self) -> None:
        """The teardown takes the open sign-up over, which first undoes its own work, in view."""
        accepted = self._client.tear_down(self.slug, grace=0)
        self._board.say(f"  {self.slug} leaves: the sign-up hands over to the teardown")
        self._follow(self._signup, "superseded")
        self._board.begin(self.slug, "teardown")
        self._follow(accepted["operation_id"], "succeeded")

    def certificate(self) -> models.Certificate:
        """Of the tenant that was torn down."""
        return self._client.certificate(self.slug)

    def phase(self) -> str:
        return self._client.tenant(self.slug)["phase"]

    def _follow(self, operation_id: str, wanted: str) -> models.OperationDetail:
        for view in self._client.follow(operation_id):
            self._board.show(view)
        if view["status"] != wanted:
            error = view["error"]["message"] if view["error"] else ""
            raise DemoFailedError(
                f"the {view['kind']} of {self.slug} ended as {view['status']} and not as {wanted}: {error}"
            )
        return view
