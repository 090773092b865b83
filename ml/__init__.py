"""The guesser: rasteriser, network, training, evaluation and the recognition worker.

Importing this package loads nothing heavy: `ml.queue` and `ml.batching` are used by processes
that must never load torch or OpenCV.
"""
