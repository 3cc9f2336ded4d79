"""Recovery cases: what officers did about a finding, step by step, and nothing of it is lost."""

from landtool.cases.case import Case, Document, Finding, Step
from landtool.cases.office import Office, load_office
from landtool.cases.store import Actor, CaseConflictError, CaseStore, StepRefusedError, open_store
from landtool.cases.workflow import WORKFLOWS, Workflow, load_workflow

__all__ = [
    "WORKFLOWS", "Actor", "Case", "CaseConflictError", "CaseStore", "Document", "Finding", "Office", "Step",
    "StepRefusedError", "Workflow", "load_office", "load_workflow", "open_store",
]  # fmt: skip
