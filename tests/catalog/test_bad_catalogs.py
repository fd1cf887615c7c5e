"""Mistakes in plans, cells and blueprints: all found at start, each with its place."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from catalog import load_catalog
from domain.errors import CatalogError
from tests.catalog.samples import ROOT

AUTH = "blueprints/teleport/kubernetes/auth/00-auth.yaml.j2"
PROXY_SERVICE = "blueprints/teleport/kubernetes/proxy/10-service.yaml.j2"
BLUEPRINT = "blueprints/teleport/blueprint.yaml"


class Folder:
    """A copy of the shipped catalog to break."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("plans.yaml", "cells.yaml"):
            shutil.copy(ROOT / name, root / name)
        shutil.copytree(ROOT / "blueprints", root / "blueprints")

    def replace(self, file: str, old: str, new: str) -> None:
        text = (self.root / file).read_text()
        assert old in text
        (self.root / file).write_text(text.replace(old, new, 1))

    def append(self, file: str, text: str) -> None:
        with (self.root / file).open("a") as stream:
            stream.write(text)

    def line_of(self, file: str, text: str) -> int:
        lines = (self.root / file).read_text().splitlines()
        return next(number for number, line in enumerate(lines, 1) if text in line)

    def problems(self) -> list[str]:
        with pytest.raises(CatalogError) as raised:
            load_catalog(self.root / "plans.yaml", self.root / "cells.yaml", self.root / "blueprints")
        return raised.value.problems


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_all_problems_of_all_files_come_at_once(folder: Folder) -> None:
    """Wrong plans, cells, steps and templates are listed together and not one per start."""
    folder.replace("plans.yaml", "users: {min: 1, max: 200}", "users: {min: 0, max: many}")
    folder.replace("plans.yaml", "title: Business", "titel: Business")
    folder.replace("cells.yaml", 'account_id: "123456789012"', 'account_id: "12"')
    folder.replace("cells.yaml", "10.20.64.0/20", "10.20.64.0/99")
    folder.replace("blueprints/echo/blueprint.yaml", "folder: kubernetes/app", "folder: kubernetes/missing")
    folder.replace(AUTH, "{{ size.memory_mib }}", "{{ size.memory_mb }}")
    folder.replace(PROXY_SERVICE, "type: LoadBalancer", "type: [LoadBalancer")
    bracket = folder.line_of(PROXY_SERVICE, "[LoadBalancer")
    problems = folder.problems()
    expected = [
        "plans.yaml: team.users.min: ",
        "plans.yaml: team.users.max: ",
        "plans.yaml: business.title: Field required",
        "plans.yaml: business.titel: ",
        "cells.yaml: use1.account_id: ",
        "cells.yaml: euw1.database.cidr: ",
        "echo/blueprint.yaml: steps.app.spec.folder: no such folder: kubernetes/missing",
        f"teleport/kubernetes/auth/00-auth.yaml.j2:{folder.line_of(AUTH, 'memory_mb')}: ",
        f"teleport/kubernetes/proxy/10-service.yaml.j2:{bracket + 1}: ",
    ]
    for start in expected:
        assert [text for text in problems if text.startswith(start)], f"{start!r} in {problems}"
    assert len(problems) == len(expected)


def edit(file: str, old: str, new: str) -> Callable[[Folder], None]:
    return lambda folder: folder.replace(file, old, new)


CASES: dict[str, tuple[Callable[[Folder], None], str]] = {
    "repeated key": (
        lambda folder: folder.append("plans.yaml", "\necho: {}\n"),
        r"^plans\.yaml:\d+: key 'echo' is repeated$",
    ),
    "not yaml": (
        edit("cells.yaml", "region: us-east-1", "region: [us-east-1"),
        r"^cells\.yaml:\d+: ",
    ),
    "unknown blueprint": (
        edit("plans.yaml", "blueprint: echo", "blueprint: ecko"),
        r"^plans\.yaml: echo\.blueprint: there is no blueprint 'ecko' \(known: echo, teleport\)$",
    ),
    "plan without the sizes of a component": (
        edit("plans.yaml", "    echo: {min_replicas", "    eko: {min_replicas"),
        r"^plans\.yaml: echo\.components\.echo: missing; echo runs it$",
    ),
    "plan with sizes of nothing": (
        edit("plans.yaml", "    echo: {min_replicas", "    eko: {min_replicas"),
        r"^plans\.yaml: echo\.components\.eko: echo runs no such thing$",
    ),
    "plan without a database": (
        edit("plans.yaml", "blueprint: echo", "blueprint: teleport"),
        r"^plans\.yaml: echo\.database: missing; teleport needs one$",
    ),
    "plan with a range of nobody": (
        edit("plans.yaml", "{min: 1, max: 200}", "{min: 200, max: 1}"),
        r"^plans\.yaml: team\.users: max is below min$",
    ),
    "plan whose disk grows by too little": (
        edit("plans.yaml", "db.t4g.large, storage_gib: 40", "db.t4g.large, storage_gib: 21"),
        r"^plans\.yaml: team\.database: storage from 20 to 21 GiB grows by less than 10 %$",
    ),
    "plan whose disk shrinks": (
        edit("plans.yaml", "db.t4g.large, storage_gib: 50", "db.t4g.large, storage_gib: 500"),
        r"^plans\.yaml: business\.database: the ladder's storage must not shrink",
    ),
    "plan that names itself": (
        edit("plans.yaml", "title: Team", "name: team\n  title: Team"),
        r"^plans\.yaml: team\.name: the key above is the name",
    ),
    "step listed twice": (
        edit(BLUEPRINT, "- name: database-password", "- name: recordings"),
        r"^teleport/blueprint\.yaml: step 'recordings' is listed twice$",
    ),
    "step that needs a later one": (
        edit(BLUEPRINT, "needs: [auth-role]", "needs: [dns]"),
        r"^teleport/blueprint\.yaml: step 'auth-identity' needs dns, not listed before it$",
    ),
    "skippable step with the customer's data": (
        edit(BLUEPRINT, "title: Session recordings", "title: Session recordings\n    skippable: true"),
        r"^teleport/blueprint\.yaml: steps\.0: a bucket holds the customer's data",
    ),
    "unknown kind": (
        edit(BLUEPRINT, "kind: bucket", "kind: pail"),
        r"^teleport/blueprint\.yaml: steps\.0\.kind: Input should be 'bucket'",
    ),
    "unknown parameter of a kind": (
        edit(BLUEPRINT, "spec: {length: 40}", "spec: {lenght: 40}"),
        r"^teleport/blueprint\.yaml: steps\.database-admin\.spec\.lenght: Extra inputs",
    ),
    "missing policy": (
        edit(BLUEPRINT, "policies/auth.json.j2", "policies/none.json.j2"),
        r"^teleport/blueprint\.yaml: steps\.auth-role\.spec\.policy: no such file: policies/none\.json\.j2$",
    ),
    "reference to a step of another kind": (
        edit(BLUEPRINT, "password: database-admin", "password: recordings"),
        r"^teleport/blueprint\.yaml: steps\.database\.spec\.password: no step of kind secret is called",
    ),
    "login by a step of another kind": (
        edit(BLUEPRINT, "login: database-password", "login: recordings"),
        r"^teleport/blueprint\.yaml: steps\.database\.spec\.login: no step of kind secret is called",
    ),
    "reference to a step that may come later": (
        edit(BLUEPRINT, "needs: [proxy-role]", "needs: [auth-role]"),
        r"^teleport/blueprint\.yaml: steps\.proxy-identity\.needs: must hold 'proxy-role'",
    ),
    "output that no step gives": (
        edit(BLUEPRINT, "target: proxy.load_balancer", "target: proxy.loadbalancer"),
        r"^teleport/blueprint\.yaml: steps\.dns\.spec\.target: no step gives .* 'proxy\.loadbalancer'$",
    ),
    "output of a step that is not waited for": (
        edit(
            BLUEPRINT,
            "needs: [foundation, recordings, database, secrets-role, usage-token]",
            "needs: [foundation]",
        ),
        r"^teleport: 'config' uses the output 'database\.host' but does not need 'database'$",
    ),
    "template that does not parse": (
        edit(AUTH, "{% else %}", "{% els %}"),
        r"^teleport/kubernetes/auth/00-auth\.yaml\.j2:\d+: .*els",
    ),
    "template that asks for a file that is not there": (
        edit(AUTH, 'checksum("kubernetes/config/00-auth.yaml.j2")', 'checksum("00-auth.yaml.j2")'),
        r"^teleport/00-auth\.yaml\.j2: no such file",
    ),
    "template that names a step that is not there": (
        edit("blueprints/teleport/policies/auth.json.j2", "arn('recordings')", "arn('records')"),
        r"^teleport/policies/auth\.json\.j2:14: no step is called 'records'$",
    ),
    "policy that is not JSON": (
        edit("blueprints/teleport/policies/auth.json.j2", '"Effect": "Allow",', '"Effect": "Allow"'),
        r"^teleport/policies/auth\.json\.j2:7: ",
    ),
    "policy that reaches beyond the tenant": (
        edit("blueprints/teleport/policies/auth.json.j2", "{{ arn('recordings') }}/*", "arn:aws:s3:::*"),
        r"^teleport: policy of auth-role allows more than this tenant's own things: arn:aws:s3:::\*$",
    ),
    "object without a name": (
        edit(PROXY_SERVICE, "name: proxy", "label: proxy"),
        r"^teleport/kubernetes/proxy/10-service\.yaml\.j2: Service: metadata\.name is missing$",
    ),
    "object in another namespace": (
        edit(PROXY_SERVICE, "  name: proxy\n", "  name: proxy\n  namespace: default\n"),
        r"^teleport/kubernetes/proxy/10-service\.yaml\.j2: Service proxy is outside of the tenant's",
    ),
    "object of the whole cluster": (
        edit("blueprints/echo/kubernetes/app/00-echo.yaml.j2", "kind: Service\n", "kind: ClusterRole\n"),
        r"^echo/kubernetes/app/00-echo\.yaml\.j2: ClusterRole echo belongs to the whole cluster$",
    ),
    "label of the engine": (
        edit(PROXY_SERVICE, "  name: proxy\n", "  name: proxy\n  labels: {tenantry.dev/tenant: other}\n"),
        r"^teleport/kubernetes/proxy/10-service\.yaml\.j2: label tenantry\.dev/tenant is set by the engine$",
    ),
    "name that depends on an output": (
        edit(
            "blueprints/teleport/kubernetes/config/10-proxy.yaml.j2",
            "name: proxy",
            "name: {{ outputs['database.host'] }}",
        ),
        r"^teleport/kubernetes/config/10-proxy\.yaml\.j2: ConfigMap: a name may not depend on an output$",
    ),
    "object in two groups": (
        edit(
            "blueprints/teleport/kubernetes/auth/00-auth.yaml.j2",
            "  name: auth-previous\n",
            "  name: proxy\n",
        ),
        r"^teleport/kubernetes/proxy/10-service\.yaml\.j2: v1/Service proxy is in kubernetes/auth/",
    ),
    "repeated key in a manifest": (
        edit(PROXY_SERVICE, "  type: LoadBalancer\n", "  type: LoadBalancer\n  type: LoadBalancer\n"),
        r"^teleport/kubernetes/proxy/10-service\.yaml\.j2:13: key 'type' is repeated$",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_named_with_its_place(folder: Folder, case: str) -> None:
    """Each mistake is found at load and reported with its file and its key or line."""
    mistake, message = CASES[case]
    mistake(folder)
    problems = folder.problems()
    assert [text for text in problems if re.search(message, text)], problems


def test_missing_files_are_named(tmp_path: Path) -> None:
    """A start in the wrong folder says which files are not there."""
    with pytest.raises(CatalogError) as raised:
        load_catalog(tmp_path / "plans.yaml", tmp_path / "cells.yaml", tmp_path / "blueprints")
    assert raised.value.problems == [
        "plans.yaml: cannot be read: No such file or directory",
        "cells.yaml: cannot be read: No such file or directory",
        "blueprints: no such folder",
    ]


def test_templates_are_checked_while_cells_are_broken(folder: Folder) -> None:
    """A broken template is found in the same start in which no cell is sound."""
    (folder.root / "cells.yaml").write_text("use1: {}\n")
    folder.replace(AUTH, "{{ size.memory_mib }}", "{{ size.memory_mb }}")
    assert any(problem.startswith("teleport/kubernetes/auth/") for problem in folder.problems())
