#include "rules/promql/functions/phi.h"

#include "rules/promql/number_text.h"

namespace outrider::rules::promql {

void check_phi(double phi, const Context& context, std::size_t begin) {
    if ((phi >= 0 && phi <= 1) || !context.report.wants_annotations()) return;
    context.report.annotate(Annotation::Kind::warning,
                            "quantile value should be between 0 and 1, got " + number_text(phi), begin);
}

}  // namespace outrider::rules::promql
