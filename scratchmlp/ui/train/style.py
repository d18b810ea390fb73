"""How Train looks: what a newcomer needs is seen without scrolling, and nothing moves."""

from scratchmlp.charts.training import CURVE_HEIGHT

# The page begins higher, and is wider, than others. A recipe's words stand beside Train.
TOP = """<style>
.stMainBlockContainer { padding-top: 4rem }
.stMainBlockContainer > .stVerticalBlock, .st-key-choices { gap: .625rem }
.st-key-differing { gap: .25rem }
.stMainBlockContainer h1 { padding: 0; font-size: 1.75rem }
.st-key-what p { font-size: .875rem; line-height: 1.375rem }
.st-key-start > :has(> .st-key-about_recipe) { flex: 1 1 14rem; width: auto; min-width: 0 }
.st-key-about_recipe { margin-block: -.25rem }
.st-key-about_recipe p { font-size: .75rem; line-height: 1.35 }
:is(.st-key-changes, .st-key-other_settings) button { min-height: 2rem; padding-block: 0 }
.st-key-first_steps { gap: .25rem }
.st-key-first_steps [data-testid=stMarkdown] { padding-inline: .5rem }
.st-key-first_steps :is(a, button) { padding-block: .125rem; min-height: 1.75rem }
.st-key-first_steps p { font-size: .875rem }
@media (min-width: 769px) {
  .stMainBlockContainer { padding-top: 3.75rem; padding-inline: 3rem }
  .st-key-start { min-height: 2.875rem }
  :is(.st-key-run_buttons, .st-key-run_settings, .st-key-run_network) button { min-height: 2rem;
    padding-block: 0 }
  .st-key-run_header h2 { font-size: 1.125rem }
  .st-key-run_diagnosis .stHorizontalBlock { flex-wrap: nowrap }
  .st-key-run_diagnosis .st-key-try_first { flex: 0 1 auto; width: auto; max-width: 46% }
}
</style>"""
# The large figure; the others are lines with a label at the left and the figure at the right.
# Nothing fades while it is drawn again, and what comes and goes has its place from the start: each
# height is a whole number of pixels, because a fraction moves what is below by one of them.
CARD = f"""<style>
.st-key-run [data-stale=true], .st-key-view [data-stale=true] {{ opacity: 1; transition: none }}
.st-key-run {{ gap: .5rem }}
.st-key-run_curve {{ gap: 0 }}
.st-key-run_state {{ min-height: 3.5rem }}
.st-key-run_state > :not(:has(.st-key-run_buttons)) {{ flex-basis: 16rem }}
.st-key-run_state [data-testid=stAlertContainer] {{ padding: .5rem .75rem }}
.st-key-run_state [data-testid=stAlertContainer] p {{ font-size: .875rem }}
.st-key-run_side {{ min-height: 5.625rem; gap: .5rem }}
@media (min-width: 769px) {{
  [data-testid=stColumn]:has(.st-key-run_figures) {{ min-height: 16.875rem }}
}}
.st-key-run_header > [data-testid=stElementContainer]:has(> .stHeading) {{ flex: 1 1 12rem }}
.st-key-run_diagnosis {{ min-height: 3.25rem; justify-content: center }}
.st-key-run_diagnosis .stHorizontalBlock > :has(> .stMarkdown) {{ flex: 1 1 16rem }}
.st-key-run_diagnosis p {{ font-size: .875rem; line-height: 1.4 }}
.st-key-run_diagnosis button :is(p, [data-testid=stMarkdownContainer]) {{ font-size: .8125rem;
  line-height: 1.25; white-space: normal }}
.st-key-loss_chart {{ min-height: {CURVE_HEIGHT}px }}
.st-key-accuracy_chart {{ padding-top: .5rem; min-height: calc({CURVE_HEIGHT}px + .5rem) }}
.st-key-run_accuracy [data-testid=stMetricValue] {{ font-size: 2.75rem; line-height: 3rem }}
.st-key-run_figures [data-testid=stMetric] > div {{ display: flex; align-items: baseline;
  justify-content: space-between; width: 100%; gap: .5rem }}
.st-key-run_figures [data-testid=stMetricValue] {{ font-size: .9375rem; padding: 0 }}
</style>"""
