"""The PDFs that hang on a claim in Procore, and hang on its bill in Xero once it is there.

Procore: ``attachments`` of a requisition. Xero: ``PUT /Invoices/{id}/Attachments/{name}``, where a
name stands for one file: sending it again changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from airflow_provider_procore_xero.sync.plan import Reason

MOST_FILES = 10
LARGEST = 10 * 1024 * 1024
NAME_LENGTH = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimPdf:
    """One PDF. *url* is empty where it was not kept: it is good for a while only."""

    id: int
    filename: str
    url: str = ""

    @classmethod
    def from_procore(cls, file: Mapping[str, Any]) -> Self:
        return cls(
            id=file["id"],
            filename=str(file.get("filename") or file.get("name") or ""),
            url=str(file.get("url") or ""),
        )

    @property
    def name(self) -> str:
        """Its name in Xero, which takes few characters; the id tells two of one name apart."""
        stem = re.sub(r"\.pdf$", "", self.filename, flags=re.IGNORECASE)
        plain = re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("-.")[:NAME_LENGTH]
        return f"{plain or 'claim'}-{self.id}.pdf"


def pdfs_of(record: Mapping[str, Any]) -> tuple[ClaimPdf, ...]:
    """Return the PDFs among the files of a requisition, oldest first."""
    files = [file for file in record.get("attachments") or () if _is_pdf(file)]
    return tuple(ClaimPdf.from_procore(file) for file in sorted(files, key=lambda f: f["id"]))


def _is_pdf(file: Mapping[str, Any]) -> bool:
    name = str(file.get("filename") or file.get("name") or "")
    return "pdf" in str(file.get("content_type") or "").lower() or name.lower().endswith(".pdf")


def without_files(record: Mapping[str, Any], *, keep_pdfs: bool) -> dict[str, Any]:
    """Return the record with no more of its files than we use, and none of their addresses.

    Addresses differ with every answer, so that with them no record would look as it did before.
    """
    kept = (
        [
            {"id": p.id, "filename": p.filename, "content_type": "application/pdf"}
            for p in pdfs_of(record)
        ]
        if keep_pdfs
        else []
    )
    return {**record, "attachments": kept}


def still_missing(pdfs: Iterable[ClaimPdf], there: Sequence[str]) -> list[ClaimPdf]:
    """Return those of *pdfs* that the bill does not have yet."""
    return [pdf for pdf in pdfs if pdf.name not in there]


def too_many(left_out: Sequence[ClaimPdf]) -> Reason:
    names = ", ".join(pdf.filename for pdf in left_out)
    return Reason(
        code="PDF_TOO_MANY",
        sentence=f"A Xero document holds {MOST_FILES} files, so these are not attached: {names}.",
        fix="Attach them to the bill elsewhere, or join some of the claim's PDFs in Procore.",
    )


def not_attached(why: Mapping[ClaimPdf, str]) -> Reason:
    """Return what the bill still lacks, each file with why."""
    said = "; ".join(f"{pdf.filename}: {sentence.rstrip('.')}" for pdf, sentence in why.items())
    return Reason(
        code="PDF_NOT_ATTACHED",
        sentence=f"Not all PDFs of the claim are on its bill. {said}.",
        fix="Mend what it says, or attach them to the bill by hand. The next run tries again.",
    )
