"""What both systems hold before the first project: the ``empty`` world."""

from __future__ import annotations

from . import words
from .builder import Builder

LOCKED_MONTHS = 5

_ACCOUNTS = (  # code, name, type, tax type, status, system account
    ("090", "Business Bank Account", "BANK", "NONE", "ACTIVE", ""),
    ("091", "Business Savings Account", "BANK", "NONE", "ACTIVE", ""),
    ("200", "Contract Revenue", "REVENUE", "OUTPUT2", "ACTIVE", ""),
    ("260", "Other Revenue", "REVENUE", "OUTPUT2", "ACTIVE", ""),
    ("310", "Cost of Goods Sold - Subcontractors", "DIRECTCOSTS", "INPUT2",
     "ACTIVE", ""),
    ("311", "Preliminary and General", "DIRECTCOSTS", "INPUT2", "ACTIVE", ""),
    ("320", "Direct Wages", "DIRECTCOSTS", "NONE", "ACTIVE", ""),
    ("330", "Site Materials", "DIRECTCOSTS", "INPUT2", "ACTIVE", ""),
    ("340", "Plant Hire", "DIRECTCOSTS", "INPUT2", "ACTIVE", ""),
    ("350", "Sundry Site Costs (old)", "DIRECTCOSTS", "INPUT2", "ARCHIVED", ""),
    ("400", "Advertising", "EXPENSE", "INPUT2", "ACTIVE", ""),
    ("404", "Bank Fees", "EXPENSE", "NONE", "ACTIVE", ""),
    ("412", "Consulting and Accounting", "EXPENSE", "INPUT2", "ACTIVE", ""),
    ("429", "General Expenses", "EXPENSE", "INPUT2", "ACTIVE", ""),
    ("433", "Insurance", "EXPENSE", "INPUT2", "ACTIVE", ""),
    ("445", "Light, Power, Heating", "EXPENSE", "INPUT2", "ACTIVE", ""),
    ("449", "Motor Vehicle Expenses", "EXPENSE", "INPUT2", "ACTIVE", ""),
    ("461", "Printing and Stationery", "EXPENSE", "INPUT2", "ACTIVE", ""),
    ("489", "Telephone and Internet", "EXPENSE", "INPUT2", "ACTIVE", ""),
    ("610", "Accounts Receivable", "CURRENT", "NONE", "ACTIVE", "DEBTORS"),
    ("800", "Accounts Payable", "CURRLIAB", "NONE", "ACTIVE", "CREDITORS"),
    ("820", "GST", "CURRLIAB", "NONE", "ACTIVE", "GST"),
    ("850", "Retentions Payable", "CURRLIAB", "INPUT2", "ACTIVE", ""),
    ("860", "Rounding", "CURRLIAB", "NONE", "ACTIVE", "ROUNDING"),
    ("960", "Retained Earnings", "EQUITY", "NONE", "ACTIVE", "RETAINEDEARNINGS"),
)  # fmt: skip

_TAX_RATES = (  # type, name, rate, for purchases, for sales, status
    ("INPUT2", "15% GST on Expenses", "15.00", True, False, "ACTIVE"),
    ("OUTPUT2", "15% GST on Income", "15.00", False, True, "ACTIVE"),
    ("ZERORATEDINPUT", "Zero Rated Expenses", "0.00", True, False, "ACTIVE"),
    ("ZERORATED", "Zero Rated", "0.00", False, True, "ACTIVE"),
    ("GSTONIMPORTS", "GST on Imports", "0.00", True, False, "ACTIVE"),
    ("NONE", "No GST", "0.00", True, True, "ACTIVE"),
    ("INPUT", "12.5% GST on Expenses (old)", "12.50", True, False, "DELETED"),
)

_USERS = (  # first, last, title, in the office's accounts team
    ("Grace", "Hartnell", "Managing Director", False),
    ("Sione", "Faleafa", "Commercial Manager", True),
    ("Mereana", "Parata", "Project Accountant", True),
    ("Tom", "Walker", "Project Manager", False),
    ("Priya", "Singh", "Quantity Surveyor", False),
)


def build(builder: Builder) -> None:
    """Company, stages, people and types in Procore; organisation and chart in Xero."""
    _company(builder)
    _organisation(builder)
    _chart_of_accounts(builder)
    builder.xero.add_tracking_category("Project")
    builder.xero.add_tracking_category("Cost Codes")
    builder.xero.add_contact_group("Procore")


def _company(builder: Builder) -> None:
    procore = builder.procore
    procore.company.update(
        name=words.COMPANY,
        time_zone="Pacific/Auckland",
        currency_iso_code="NZD",
    )
    for name, category, default in words.STAGES:
        stage = procore.add_stage(
            name, category=category, is_bidding_stage=name == "Bidding", readonly=default,
            default_stage=default, hideable=not default,
        )  # fmt: skip
        builder.dated(stage, made=900)
    for code, name, base_type in words.LINE_ITEM_TYPES:
        kind = procore.add_line_item_type(code=code, name=name, base_type=base_type)
        builder.dated(kind, made=900)
    for first, last, title, accountant in _USERS:
        user = procore.add_user(
            f"{first} {last}", email=f"{first}.{last}@hartnell.example".lower(),
            job_title=title, erp_integrated_accountant=accountant, business_phone="+64 4 499 1200",
        )  # fmt: skip
        builder.dated(user, made=900, changed=1)


def _organisation(builder: Builder) -> None:
    organisation = builder.xero.organisation
    organisation.update(
        Name=words.COMPANY,
        LegalName="Hartnell Civil Limited",
        PaysTax=True,
        Version="NZ",
        OrganisationType="COMPANY",
        BaseCurrency="NZD",
        CountryCode="NZ",
        IsDemoCompany=False,
        OrganisationStatus="ACTIVE",
        FinancialYearEndDay=31,
        FinancialYearEndMonth=3,
        SalesTaxBasis="INVOICE",
        SalesTaxPeriod="TWOMONTHS",
        DefaultSalesTax="Tax Exclusive",
        DefaultPurchasesTax="Tax Exclusive",
        PeriodLockDate=builder.month_end(LOCKED_MONTHS).isoformat(),
        CreatedDateUTC=builder.instant(2200),
        Timezone="NEWZEALANDSTANDARDTIME",
        OrganisationEntityType="COMPANY",
        ShortCode="!Hc7Zt",
        Class="COMPREHENSIVE",
        Edition="BUSINESS",
        LineOfBusiness="Heavy and civil engineering construction",
        Addresses=[],
        Phones=[],
        PaymentTerms={"Bills": {"Day": 20, "Type": "OFFOLLOWINGMONTH"}},
    )
    builder.xero.add_currency("NZD", "New Zealand Dollar")
    builder.xero.add_currency("AUD", "Australian Dollar")


def _chart_of_accounts(builder: Builder) -> None:
    xero = builder.xero
    for code, name, kind, tax, status, system in _ACCOUNTS:
        account = xero.add_account(code, name, kind, TaxType=tax, Status=status,
                                   SystemAccount=system)  # fmt: skip
        if kind == "BANK":
            account |= {"BankAccountNumber": f"0105300{code}12300", "BankAccountType": "BANK",
                        "CurrencyCode": "NZD"}  # fmt: skip
        builder.stamped(account, changed=700)
    for tax_type, name, rate, purchases, sales, status in _TAX_RATES:
        xero.add_tax_rate(
            tax_type, name, rate, Status=status, CanApplyToAssets=purchases,
            CanApplyToEquity=purchases, CanApplyToExpenses=purchases,
            CanApplyToLiabilities=purchases, CanApplyToRevenue=sales,
        )  # fmt: skip
