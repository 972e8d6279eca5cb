"""Lists the packages; everything else stands in pyproject.toml.

``plugins/`` is installed as ``ocpp_plugins``, which the declarative package finder cannot say.
"""

from setuptools import find_packages, setup

setup(
    packages=[
        *find_packages(include=["ocpp_kernel*", "device_bundle*"]),
        "ocpp_plugins",
        *(f"ocpp_plugins.{name}" for name in find_packages("plugins")),
    ]
)
