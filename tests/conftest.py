"""How property tests run: no deadline, and a failing example can be replayed."""

from hypothesis import settings

settings.register_profile("trainauto", deadline=None, derandomize=False, print_blob=True)
settings.load_profile("trainauto")
