"""The jail: processes in which code of users runs, and whoever watches and kills them.

`Jail` is what the services use; `guest` is what runs inside.
"""

from alur_jail.pool import Ears, Jail, JailMeter, RunLimits
from alur_jail.room import JailSettings

__all__ = ["Ears", "Jail", "JailMeter", "JailSettings", "RunLimits"]
