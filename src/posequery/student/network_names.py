"""What is known of the networks without torch: their names and the inputs that they accept."""

STRIDE = 4
"""Input pixels per cell of the maps, in every network."""

SIDE_UNITS = {
    "densenet_small": 16,
    "densenet_wide": 16,
    **{
        f"{backbone}_{head}": 32
        for backbone in (
            *("resnet18", "resnet34", "resnet50", "resnet101", "resnet152"),
            *("densenet121", "densenet161", "densenet169", "densenet201"),
        )
        for head in ("baseline", "baseline_att")
    },
}
"""Each network's name, and what the side of its input must be a multiple of: its coarsest stride,
in pixels."""
