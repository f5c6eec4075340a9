"""What the library costs at synth, beside the same resources written by hand."""
