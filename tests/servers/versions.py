"""Which versions of NOMAD the live tests run against."""

import os

NOMAD_VERSIONS = os.environ.get("PUBLISHKIT_TEST_NOMAD_VERSIONS", "2.0.0,1.3.17").split(",")
