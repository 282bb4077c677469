"""The values that a request becomes on its way to a volume: frozen, and importing nothing above them."""

from volrules.model.context import Context as Context
from volrules.model.decision import Basis as Basis
from volrules.model.decision import Decision as Decision
from volrules.model.decision import Provenance as Provenance
from volrules.model.decision import Sources as Sources
from volrules.model.decision import Spec as Spec
from volrules.model.draft import Draft as Draft
from volrules.model.draft import Resolved as Resolved
from volrules.model.draft import Unresolved as Unresolved
from volrules.model.receipt import Envelope as Envelope
from volrules.model.receipt import Message as Message
from volrules.model.receipt import Receipt as Receipt
from volrules.model.receipt import Report as Report
from volrules.model.request import VolumeRequest as VolumeRequest
from volrules.model.resources import Backup as Backup
from volrules.model.resources import Image as Image
from volrules.model.resources import QosSpecs as QosSpecs
from volrules.model.resources import Snapshot as Snapshot
from volrules.model.resources import Volume as Volume
from volrules.model.resources import VolumeType as VolumeType
