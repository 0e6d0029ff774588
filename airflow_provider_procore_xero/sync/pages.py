"""Where a person finds a record: its page in each system's web application.

Procore's paths are those its side-panel documentation prints; Xero's are those of its deep-link
page, behind the organisation switch. Hosts come from the connections.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """Links for one Procore company and one Xero organisation.

    :param procore: web host, ``https://us02.procore.com``; differs by zone.
    :param shortcode: the organisation's ``ShortCode``, ``!23eYt``.
    """

    procore: str = "https://app.procore.com"
    company_id: str = ""
    xero: str = "https://go.xero.com"
    shortcode: str = ""

    def procore_home(self) -> str:
        return f"{self.procore}/{self.company_id}/company/home/list"

    def xero_home(self) -> str:
        return self._in_xero("/Dashboard/")

    def project(self, project_id: object) -> str:
        return (
            f"{self.procore}/webclients/host/companies/{self.company_id}"
            f"/projects/{_id(project_id)}/tools/projecthome"
        )

    def vendor(self, vendor_id: object) -> str:
        return f"{self.procore}/{self.company_id}/company/directory/vendors/{_id(vendor_id)}"

    def commitment(self, project_id: object, kind: str, commitment_id: object) -> str:
        folder = f"{self.procore}/{_id(project_id)}/project/commitments/{_folder(kind)}"
        return f"{folder}/{_id(commitment_id)}"

    def requisition(
        self, project_id: object, kind: str, commitment_id: object, requisition_id: object
    ) -> str:
        return (
            f"{self.commitment(project_id, kind, commitment_id)}/requisitions/{_id(requisition_id)}"
        )

    def payments_issued(self, project_id: object, kind: str, commitment_id: object) -> str:
        return f"{self.commitment(project_id, kind, commitment_id)}/contract_payments"

    def direct_costs(self, project_id: object) -> str:
        return f"{self.procore}/{_id(project_id)}/project/direct_costs"

    def budget(self, project_id: object) -> str:
        return f"{self.procore}/projects/{_id(project_id)}/budgeting"

    def cost_codes(self) -> str:
        return f"{self.procore}/{self.company_id}/company/admin/cost_codes"

    def bill(self, bill_id: object) -> str:
        return self._in_xero(f"/AccountsPayable/Edit.aspx?InvoiceID={_id(bill_id)}")

    def credit_note(self, note_id: object) -> str:
        return self._in_xero(f"/AccountsPayable/ViewCreditNote.aspx?creditNoteID={_id(note_id)}")

    def purchase_order(self, order_id: object) -> str:
        return self._in_xero(f"/Accounts/Payable/PurchaseOrders/View/{_id(order_id)}/")

    def contact(self, contact_id: object) -> str:
        return self._in_xero(f"/Contacts/View/{_id(contact_id)}")

    def payment(self, payment_id: object) -> str:
        return self._in_xero(f"/Bank/ViewTransaction.aspx?bankTransactionID={_id(payment_id)}")

    def bank_transaction(self, transaction_id: object, account_id: object) -> str:
        return self._in_xero(
            f"/Bank/ViewTransaction.aspx?bankTransactionID={_id(transaction_id)}&accountID={_id(account_id)}"
        )

    def journal(self, journal_id: object) -> str:
        return self._in_xero(f"/Journal/View.aspx?invoiceID={_id(journal_id)}")

    def tracking(self, category_id: object) -> str:
        return self._in_xero(f"/Setup/Tracking.aspx?categoryID={_id(category_id)}")

    def _in_xero(self, path: str) -> str:
        if not self.shortcode:
            return f"{self.xero}{path}"
        return (
            f"{self.xero}/organisationlogin/default.aspx?shortcode={quote(self.shortcode, safe='')}"
            f"&redirecturl={quote(path, safe='')}"
        )


def _id(given: object) -> str:
    """Return an id as it stands in an address: whatever a system calls it, it stays one part."""
    return quote(str(given), safe="")


def _folder(kind: str) -> str:
    """Return the folder of a commitment type in Procore's web paths."""
    return "purchase_order_contracts" if kind == "PurchaseOrderContract" else "work_order_contracts"
