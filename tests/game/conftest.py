"""How hard the properties of the rules are searched.

By default every run tries the same examples, so that a failure is a failure for everybody;
``HYPOTHESIS_PROFILE=explore`` looks for new ones and takes minutes.
"""

import os

from hypothesis import HealthCheck, settings

_QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large]

settings.register_profile(
    "repeat",
    derandomize=True,
    database=None,
    deadline=None,
    print_blob=False,
    suppress_health_check=_QUIET,
)
settings.register_profile(
    "explore",
    max_examples=2_000,
    stateful_step_count=100,
    deadline=None,
    suppress_health_check=_QUIET,
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeat"))
