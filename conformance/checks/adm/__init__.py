"""Checks of ADM: accounts created on OPF and on SSP, and the token of the CRM that creates them."""
