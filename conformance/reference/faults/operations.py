"""The operations, and groups of them that share code in most servers."""

from __future__ import annotations

STB, NMP = "stbsignontokens", "nmpsignontokens"
SIGNONS = (STB, NMP)
INITIALISE = ("initialiseDeviceByGet", "initialiseDeviceByPost")
CREATE, CREATE_SSP = "createAccount", "createAccountOnSsp"
ACCOUNTS = (CREATE, CREATE_SSP)
DAS, GENERATE, UPDATE = "dasSignOnByCasn", "generateUpdateInHomeToken", "updateInHomeStatus"
ISSUERS = (DAS, UPDATE)
IN_HOME = (GENERATE, UPDATE)
SDP, MDS = "isContentAuthorised", "listServices"
ISSUED = {DAS: ("access_token", "refresh_token"), UPDATE: ("access_token",)}
