"""The names, codes and places of the pretend contractor: data only."""

from __future__ import annotations

COMPANY = "Hartnell Civil Ltd"

STAGES = (  # name, category, stages that Procore itself brings
    ("Bidding", "pre_construction", True),
    ("Pre-Construction", "pre_construction", True),
    ("Course of Construction", "course_of_construction", True),
    ("Post-Construction", "post_construction", True),
    ("Warranty", "post_construction", True),
    ("Send to Xero", "course_of_construction", False),
)

LONG_PROJECT = (
    "Kaiwharawhara Stormwater Upgrade - Separable Portion 3 including Temporary Diversion, "
    "Culvert Relining and Reinstatement of Old Hutt Road"
)

PROJECTS = (  # name, number, stage, active, city, country, region, zone
    ("Quay Street Seawall Renewal", "24-001", "Send to Xero", True, "Auckland", "NZ", "AUK"),
    ("Mangaroa Valley Water Main", "24-002", "Send to Xero", True, "Upper Hutt", "NZ", "WGN"),
    ("Te Ara o Hine Māpihi Bridge & Approaches <Stage 2>", "24-003", "Send to Xero", True,
     "Ōtaki", "NZ", "WGN"),
    (LONG_PROJECT, "24-004", "Send to Xero", True, "Wellington", "NZ", "WGN"),
    ("Riverside Depot", "24-005", "Course of Construction", True, "Napier", "NZ", "HKB"),
    ("Hastings Street Carpark", "24-006", "Course of Construction", True, "Hastings", "NZ", "HKB"),
    ("Newcastle Light Rail Enabling Works", "24-007", "Send to Xero", True,
     "Newcastle", "AU", "NSW"),
    ("Petone Foreshore Shared Path", None, "Send to Xero", True, "Petone", "NZ", "WGN"),
    ("Waterloo Retaining Walls", "23-019", "Send to Xero", True, "Lower Hutt", "NZ", "WGN"),
    ("Waterloo Retaining Walls (Defects)", "23-019", "Send to Xero", True,
     "Lower Hutt", "NZ", "WGN"),
    ("Old Taupō Road Roundabout", "22-008", "Warranty", False, "Rotorua", "NZ", "BOP"),
    ("Lyall Bay Pump Station", "25-001", "Pre-Construction", True, "Wellington", "NZ", "WGN"),
)  # fmt: skip

LINE_ITEM_TYPES = (  # code, name, base type
    ("L", "Labour", "labor"),
    ("M", "Materials", "materials"),
    ("S", "Subcontract", "commitment"),
    ("E", "Equipment", "equipment"),
    ("O", "Other", "other"),
)

COST_CODE_LIST = "Xero Standard Cost Codes"

# Division, its name, then each code with its name and the types that its budget codes have.
COST_CODES: tuple[tuple[str, str, tuple[tuple[str, str, str], ...]], ...] = (
    ("01", "General Requirements", (
        ("310", "Project Management and Coordination", "L"),
        ("500", "Temporary Facilities", "O"),
        ("550", "Traffic Management", "S"),
        ("570", "Erosion and Sediment Control", "SM"),
        ("710", "Survey and Set Out", "S"),
        ("740", "Cleaning", "S"),
    )),
    ("02", "Site Work", (
        ("100", "Site Investigation", "S"),
        ("220", "Demolition", "S"),
        ("240", "Dewatering", "SE"),
        ("300", "Earthwork", "SME"),
        ("360", "Soil Treatment", "S"),
        ("450", "Piling and Foundations", "SM"),
        ("500", "Utility Services", "SM"),
        ("630", "Storm Drainage", "SM"),
        ("740", "Asphalt Paving", "SM"),
        ("770", "Kerbs and Channels", "SM"),
        ("820", "Fences and Gates", "S"),
        ("900", "Landscaping", "S"),
    )),
    ("03", "Concrete", (
        ("100", "Formwork", "SL"),
        ("200", "Reinforcement", "SM"),
        ("300", "Cast-in-Place Concrete", "SM"),
        ("350", "Concrete Finishing", "S"),
        ("400", "Precast Concrete", "SM"),
        ("600", "Grout", "M"),
    )),
    ("05", "Metals", (
        ("100", "Structural Metal Framing", "SM"),
        ("500", "Metal Fabrications", "SM"),
        ("520", "Handrails and Railings", "S"),
    )),
    ("07", "Thermal and Moisture Protection", (
        ("100", "Waterproofing", "S"),
        ("900", "Joint Sealers", "SM"),
    )),
    ("09", "Finishes", (
        ("900", "Painting and Coatings", "S"),
        ("960", "Anti-Graffiti Coating", "S"),
    )),
    ("10", "Specialties", (
        ("400", "Signage", "SM"),
        ("550", "Bollards", "M"),
    )),
    ("22", "Plumbing", (
        ("100", "Plumbing Piping", "S"),
        ("140", "Water Mains", "SM"),
        ("300", "Pumps and Valves", "SM"),
    )),
    ("26", "Electrical", (
        ("050", "Common Work Results", "S"),
        ("200", "Low-Voltage Distribution", "S"),
        ("500", "Street Lighting", "SM"),
    )),
    ("31", "Earthworks Support", (
        ("400", "Shoring", "S"),
        ("500", "Ground Anchors", "S"),
        ("620", "Driven Piles", "SM"),
    )),
    ("32", "Exterior Improvements", (
        ("120", "Flexible Paving", "SM"),
        ("130", "Rigid Paving", "SM"),
        ("170", "Line Marking", "S"),
        ("320", "Retaining Walls", "SM"),
    )),
    ("33", "Utilities", (
        ("050", "Common Work for Utilities", "S"),
        ("110", "Water Utility Distribution", "SM"),
        ("400", "Storm Drainage Utilities", "SM"),
        ("700", "Electrical Utilities", "S"),
    )),
)  # fmt: skip

# Companies that stand in both systems under one name, with the place they work from.
SHARED_COMPANIES = (
    ("Terra Works Earthmoving Ltd", "Lower Hutt", "WGN"),
    ("Delta Plumbing Ltd", "Porirua", "WGN"),
    ("Cook Strait Piling Ltd", "Wellington", "WGN"),
    ("Southern Cross Formwork Ltd", "Auckland", "AUK"),
    ("Bay of Plenty Precast Ltd", "Tauranga", "BOP"),
    ("Hawke's Bay Reinforcing Ltd", "Napier", "HKB"),
    ("Rimutaka Asphalt Ltd", "Upper Hutt", "WGN"),
    ("Ngauranga Quarries Ltd", "Wellington", "WGN"),
    ("Harbour City Traffic Control Ltd", "Wellington", "WGN"),
    ("Kāpiti Landscapes Ltd", "Paraparaumu", "WGN"),
    ("Manukau Steel Fabricators Ltd", "Auckland", "AUK"),
    ("Westhaven Marine Contracting Ltd", "Auckland", "AUK"),
    ("Pōneke Electrical Ltd", "Wellington", "WGN"),
    ("Stokes Valley Fencing Ltd", "Lower Hutt", "WGN"),
    ("Clearwater Pumps Ltd", "Christchurch", "CAN"),
    ("Aorangi Surveyors Ltd", "Wellington", "WGN"),
    ("Wairarapa Drilling Ltd", "Masterton", "WGN"),
    ("Haywards Demolition Ltd", "Lower Hutt", "WGN"),
    ("Coastline Waterproofing Ltd", "Auckland", "AUK"),
    ("Redwood Signs Ltd", "Nelson", "NSN"),
    ("Brightside Line Marking Ltd", "Hamilton", "WKO"),
    ("Kererū Coatings Ltd", "Wellington", "WGN"),
    ("Waikato Ready Mix Ltd", "Hamilton", "WKO"),
    ("Taranaki Pipe Supplies Ltd", "New Plymouth", "TKI"),
    ("Hunter Valley Shoring Pty Ltd", "Newcastle", "NSW"),
    ("Newcastle Concrete Pumping Pty Ltd", "Newcastle", "NSW"),
    ("Silverstream Valves Ltd", "Upper Hutt", "WGN"),
    ("Tasman Ground Anchors Ltd", "Nelson", "TAS"),
    ("Ōtaki Aggregates Ltd", "Ōtaki", "WGN"),
    ("Gracefield Handrails Ltd", "Lower Hutt", "WGN"),
    ("Belmont Plant Hire Ltd", "Lower Hutt", "WGN"),
    ("Riddiford Street Lighting Ltd", "Wellington", "WGN"),
)

LONG_COMPANY = (
    "The Trustees in the Partnership of Moananui, Fitzgerald-Whakatāne, Papadopoulos and Sons "
    "Ground Improvement Contractors (Lower North Island) Limited"
)

# The usual mess: the name in Xero (None: not there), the name in Procore, what is wrong.
MESSY_COMPANIES: tuple[tuple[str | None, str | None, str], ...] = (
    ("Smith & Sons Concrete Ltd", "Smith and Sons Concrete Ltd", "ampersand"),
    ("KERB & CHANNEL SPECIALISTS LTD", "Kerb & Channel Specialists Ltd", "capitals"),
    ("Hutt Valley Drainage Ltd", "Hutt Valley  Drainage Ltd ", "spaces"),
    ("Tūī Geotechnical Ltd", "Tui Geotechnical Ltd", "accents"),
    ("Capital Scaffold Ltd", "Capital Scaffolding Ltd", "near"),
    (None, "Capital Scaffolding (2019) Ltd", "near"),
    ("Apex Traffic Management Ltd", "Apex Traffic Management Ltd", "double"),
    (None, "APEX Traffic Management Ltd", "double"),
    ("Boulder Drilling Inc", "Boulder Drilling Inc", "bad country"),
    ("Prairie Geosynthetics Corp", "Prairie Geosynthetics Corp", "bad region"),
    ("Eastbourne Rock Supplies Ltd", "Eastbourne Rock Supplies Ltd", "country letters"),
    ("Bayline Fencing Ltd", "Bayline Fencing Ltd", "archived"),
    ("Wellington Cranes Ltd", "Wellington Cranes Ltd", "merge survivor"),
    ("Wellington Crane Hire Ltd", None, "merged"),
    ("Dominion Paving Ltd", "Dominion Paving Ltd", "inactive vendor"),
    ("Ridgeline Environmental Ltd", "Ridgeline Environmental Ltd", "foreign origin"),
    ("Johnsonville Hire Pool Ltd", "Johnsonville Hire Pool Ltd", "no address"),
    (LONG_COMPANY, LONG_COMPANY, "long"),
    ("Thorndon Glazing Ltd", "Thorndon Glazing Ltd", "out of group"),
    ("Island Bay Joinery Ltd", "Island Bay Joinery Ltd", "out of group"),
)  # fmt: skip

# In the group, not yet in Procore.
NEW_TO_PROCORE = (
    ("Akatarawa Tree Services Ltd", "Upper Hutt", "WGN"),
    ("Makara Wind Lifting Ltd", "Wellington", "WGN"),
    ("Pukerua Bay Rock Armour Ltd", "Porirua", "WGN"),
    ("Rongotai Hydrovac Ltd", "Wellington", "WGN"),
)

# Never in the group: those the office pays.
OFFICE_SUPPLIERS = (
    "Meridian Street Stationery Ltd", "Capital Fuel Cards Ltd", "Inland Revenue",
    "Southern Mutual Insurance", "Beehive Telecom Ltd", "Tory Street Cleaners Ltd",
)  # fmt: skip

# In Procore's directory only: bidders, consultants, the principal.
PROCORE_ONLY = (
    "Hutt City Council", "Waka Roads Agency", "Morrison Low Consultants", "Beca Street Design",
    "Trinity Tenders Ltd", "Foxton Bidders Ltd", "Lambton Architects", "Ashhurst Civil Ltd",
)  # fmt: skip

STREETS = ("Quay Street", "Mill Lane", "Hutt Road", "Jackson Street", "Cuba Street",
           "Victoria Street", "Port Road", "Seaview Road", "Marsden Street")  # fmt: skip
FIRST_NAMES = ("Ana", "Hemi", "Priya", "Tom", "Mereana", "Jack", "Sione", "Grace", "Wei", "Liam")
LAST_NAMES = ("Reid", "Parata", "Singh", "Walker", "Ngata", "O'Brien", "Faleafa", "Chen", "Stewart")

AREA_CODES = {"AUK": "9", "BOP": "7", "WKO": "7", "HKB": "6", "TKI": "6", "WGN": "4", "NSN": "3",
              "TAS": "3", "CAN": "3", "NSW": "2"}  # fmt: skip
