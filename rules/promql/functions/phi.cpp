#include "rules/promql/functions/phi.h"

#include "rules/gotext/number.h"

namespace outrider::rules::promql {

void check_phi(double phi, const Context& context, std::size_t begin) {
    if ((phi >= 0 && phi <= 1) || !context.report.wants_annotations()) return;
    context.report.annotate(Annotation::Kind::warning,
                            "quantile value should be between 0 and 1, got " + gotext::format_float(phi, 'g', -1),
                            begin);
}

}  // namespace outrider::rules::promql
