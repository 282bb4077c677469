"""What plugin authors test their plugins with, in any pytest suite.

``decide`` asks one plugin about one request, with builders for whatever a test does not care about; ``check_plugin``
holds a plugin that takes part in decisions to all that they rely on, and says which hook does not keep to it.
``DispatcherContract`` and ``KeyManagerContract`` are test classes to inherit from: they put a dispatcher or a key
manager through what the relay puts it through, real kills included.
"""

import sys

if "pytest" in sys.modules:  # so that what fails in here is told as fully as what fails in a test module
    import pytest

    pytest.register_assert_rewrite(
        "volrules.testing.dispatchers", "volrules.testing.keymanagers", "volrules.testing.faults"
    )

from volrules.testing.builders import a_backup as a_backup
from volrules.testing.builders import a_context as a_context
from volrules.testing.builders import a_request as a_request
from volrules.testing.builders import a_site as a_site
from volrules.testing.builders import a_snapshot as a_snapshot
from volrules.testing.builders import a_volume as a_volume
from volrules.testing.builders import a_volume_type as a_volume_type
from volrules.testing.builders import an_image as an_image
from volrules.testing.builders import an_inventory as an_inventory
from volrules.testing.checks import check_plugin as check_plugin
from volrules.testing.deciding import decide as decide
from volrules.testing.deciding import open_engine as open_engine
from volrules.testing.dispatchers import DispatcherContract as DispatcherContract
from volrules.testing.keymanagers import KeyManagerContract as KeyManagerContract
from volrules.testing.messages import a_message as a_message
