"""The record of how accurate the rules are: written by `evalsuite calibrate --record`, read by the gate."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evalsuite.calibrate import Calibration
from evalsuite.rules.version import rules_digest

_Count = Annotated[int, Field(ge=0)]


class RuleAccuracy(BaseModel):
    """How a rule's reports agreed with the labels."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tp: _Count
    fp: _Count
    fn: _Count
    tn: _Count

    @property
    def precision(self) -> float | None:
        """Share of its reports that are right; None where it never reported."""
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else None

    @property
    def recall(self) -> float | None:
        """Share of the faults that it reported; None where there were none."""
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else None


class CalibrationRecord(BaseModel):
    """What was measured, on what, at which version of the rules."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rules_digest: str
    labelled_digest: str
    """sha256 over the labelled files, in the order of their names."""
    outputs: _Count
    right: _Count
    """Outputs with the right verdict."""
    rules: dict[str, RuleAccuracy]


class RecordError(Exception):
    """There is no readable record: what is wrong; what was expected; how to mend it."""


def make_record(calibration: Calibration, paths: Sequence[Path]) -> CalibrationRecord:
    """The record of a calibration on the labelled files `paths`."""
    digest = hashlib.sha256()
    for path in sorted(paths, key=lambda p: p.name):
        digest.update(f"{path.name}\n".encode())
        digest.update(path.read_bytes())
    return CalibrationRecord(
        rules_digest=rules_digest(),
        labelled_digest=f"sha256:{digest.hexdigest()}",
        outputs=calibration.total,
        right=calibration.right,
        rules={code: RuleAccuracy(tp=c.tp, fp=c.fp, fn=c.fn, tn=c.tn) for code, c in sorted(calibration.rules.items())},
    )


def record_text(record: CalibrationRecord) -> str:
    """The record as it is written to a file."""
    return json.dumps(record.model_dump(), indent=2, ensure_ascii=True) + "\n"


def shipped_record() -> CalibrationRecord:
    """The record that comes with the package.

    Raises:
        RecordError: there is none, or it is damaged.
    """
    try:
        return CalibrationRecord.model_validate_json(files("evalsuite").joinpath("calibration.json").read_bytes())
    except FileNotFoundError:
        raise RecordError(
            "the rules' accuracy was never measured; evalsuite/calibration.json was expected; "
            "run `nox -s accuracy` in a clone"
        ) from None
    except (ValidationError, ValueError) as error:
        first = str(error).splitlines()[0]
        raise RecordError(
            f"the record of the rules' accuracy is damaged ({first}); what `evalsuite calibrate --record` writes was "
            "expected; run `nox -s accuracy` in a clone"
        ) from None
