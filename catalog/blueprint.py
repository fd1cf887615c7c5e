"""A blueprint with its files: what a tenant of a product consists of, rendered for one tenant."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from catalog.context import PlannedOutputs, RenderContext, variables
from catalog.manifests import Manifest, ManifestProblem, finished, kind_word
from catalog.resources import aws_resources
from catalog.templates import TemplateFolder
from domain.blueprint import Blueprint, Step, StepKind
from domain.errors import BlueprintError
from domain.messages import ResourceRef
from domain.specs import KubernetesSpec, RoleSpec, spec_of


class LoadedBlueprint:
    """One folder of `blueprints/`. Rendering is pure: the same context gives the same objects."""

    def __init__(self, model: Blueprint, folder: Path) -> None:
        self.model = model
        self.folder = folder
        self.files = TemplateFolder(folder)

    def step(self, name: str) -> Step:
        """Raises BlueprintError if no step has this name."""
        try:
            return self.model.step(name)
        except KeyError:
            raise BlueprintError(f"blueprint '{self.model.name}' has no step '{name}'") from None

    def manifests(self, step_name: str, context: RenderContext) -> list[Manifest]:
        """The objects of one group in the order in which they are applied, labelled as this tenant's.

        Raises BlueprintError naming file and line.
        """
        return [
            manifest
            for file in self.manifest_files(step_name)
            for manifest in self.manifests_in(file, step_name, context)
        ]

    def manifest_files(self, step_name: str) -> list[str]:
        """The files of one group in the order in which they are applied, relative to the folder."""
        spec = spec_of(self.step(step_name))
        if not isinstance(spec, KubernetesSpec):
            raise BlueprintError(f"step '{step_name}' has no manifests")
        return self.files.manifests_in(spec.folder)

    def manifests_in(self, file: str, step_name: str, context: RenderContext) -> list[Manifest]:
        """The objects of one file, as part of a group. Raises BlueprintError naming file and line."""
        try:
            documents = self.files.yaml(file, variables(self.model, context))
            return [finished(document, step_name, context) for document in documents]
        except ManifestProblem as problem:
            raise BlueprintError(f"{self.folder.name}/{file}: {problem}") from problem

    def policy(self, step_name: str, context: RenderContext) -> dict[str, Any]:
        """The IAM policy document of a role. Raises BlueprintError naming file and line."""
        spec = spec_of(self.step(step_name))
        if not isinstance(spec, RoleSpec):
            raise BlueprintError(f"step '{step_name}' has no policy")
        return self.files.json(spec.policy, variables(self.model, context))

    def resources(self, context: RenderContext) -> list[ResourceRef]:
        """Every thing of the tenant by its final name, in the order of the steps.

        Works before any step ran: outputs of the context are not used.
        """
        planned = replace(context, outputs=PlannedOutputs())
        refs: list[ResourceRef] = []
        for step in self.model.steps:
            if step.kind is StepKind.KUBERNETES:
                refs.extend(_ref(step, manifest) for manifest in self.manifests(step.name, planned))
            else:
                refs.extend(aws_resources(step, context.tenant, context.cell))
        return refs


def _ref(step: Step, manifest: Manifest) -> ResourceRef:
    metadata = manifest["metadata"]
    return ResourceRef(
        step=step.name,
        step_kind=step.kind,
        kind=kind_word(manifest),
        name=metadata["name"],
        namespace=metadata.get("namespace", ""),
    )
