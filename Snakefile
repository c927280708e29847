# The workflow is workflow/Snakefile; this file lets `snakemake` find it from the checkout's root.
include: "workflow/Snakefile"


workflow.default_target = "all"
