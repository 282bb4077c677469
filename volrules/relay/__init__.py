"""Outbox to world: the encryption key, then the dispatcher; idempotent by volume id, tried again until settled."""

from volrules.relay.hands import Hands as Hands
from volrules.relay.relay import Relay as Relay
from volrules.relay.settling import Settled as Settled
from volrules.relay.settling import Settlement as Settlement
