"""Checks of SDP: mdrmService.isContentAuthorised, the licence question of the MDRM Manager."""
