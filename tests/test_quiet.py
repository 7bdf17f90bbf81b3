"""Lightning's chatter is left out; what it says of the run is not."""

from __future__ import annotations

import logging
import warnings

import pytest
from lightning.pytorch.accelerators.cuda import CUDAAccelerator

from verism.quiet import LOGGERS, quiet_lightning, quieten_lightning


@pytest.mark.parametrize(
    ("message", "heard"),
    [
        ("💡 Tip: For seamless cloud logging, try installing litlogger.", False),
        ("GPU available: False, used: False", False),
        ("TPU available: False, using: 0 TPU cores", False),
        ("`Trainer.fit` stopped: `max_steps=15` reached.", False),
        ("Seed set to 0", False),
        ("Using bfloat16 Automatic Mixed Precision (AMP)", False),
        ("Using 16bit Automatic Mixed Precision (AMP)", False),
        ("LOCAL_RANK: 0 - CUDA_VISIBLE_DEVICES: [0]", False),
        ("Result: result.png", True),
        ("Restored all states from the checkpoint at last.ckpt", True),
    ],
)
def test_what_is_heard(message: str, heard: bool, caplog: pytest.LogCaptureFixture) -> None:
    quieten_lightning()
    quieten_lightning()
    for name in LOGGERS:
        logger = logging.getLogger(name)
        assert len(logger.filters) == len(set(logger.filters))
        with caplog.at_level(logging.INFO, logger=name):
            logger.handle(logger.makeRecord(name, logging.INFO, "", 0, message, (), None))
    assert (message in caplog.messages) == heard


def test_another_trainers_messages_are_heard_afterwards(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger(LOGGERS[0])
    before, filters = list(logger.filters), list(warnings.filters)
    logger.filters[:] = []
    record = logger.makeRecord(logger.name, logging.INFO, "", 0, "GPU available: False", (), None)
    with caplog.at_level(logging.INFO, logger=logger.name):
        with quiet_lightning():
            logger.handle(record)
            assert not caplog.messages
        logger.handle(record)
    assert caplog.messages == ["GPU available: False"]
    assert warnings.filters == filters
    logger.filters[:] = before


def test_a_gpu_is_not_announced(caplog: pytest.LogCaptureFixture) -> None:
    """By Lightning's own function, which needs no GPU: its logger is another one than that of all other messages."""
    quieten_lightning()
    with caplog.at_level(logging.INFO, logger="lightning.pytorch.accelerators.cuda"):
        CUDAAccelerator.set_nvidia_flags(0)
    assert not caplog.messages
