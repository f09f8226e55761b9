#include "rules/promql/functions/mathematics.h"

#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include "rules/promql/functions/arguments.h"
#include "rules/promql/name_dropper.h"

namespace outrider::rules::promql {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Go's math.Max and math.Min: NaN wins over every number, but not over the infinity that is asked for.
double greater_of(double a, double b) noexcept {
    if (a == kInfinity || b == kInfinity) return kInfinity;
    if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<double>::quiet_NaN();
    if (a == 0 && a == b) return std::signbit(a) ? b : a;
    return a > b ? a : b;
}

double lesser_of(double a, double b) noexcept {
    if (a == -kInfinity || b == -kInfinity) return -kInfinity;
    if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<double>::quiet_NaN();
    if (a == 0 && a == b) return std::signbit(a) ? a : b;
    return a < b ? a : b;
}

class Clamp final : public VectorNode {
public:
    explicit Clamp(CallSite& site)
        : values_(take_vector(site, 0)), least_(take_scalar(site, 1)), most_(take_scalar(site, 2)) {}

    void evaluate(const Context& context, Vector& out) override {
        values_->evaluate(context, out);
        const double least = least_->evaluate(context);
        const double most = most_->evaluate(context);
        if (most < least) {
            out.clear();
            return;
        }
        for (Element& element : out) element.value = greater_of(least, lesser_of(most, element.value));
        names_.drop(context, out);
    }

private:
    VectorPtr values_;
    ScalarPtr least_;
    ScalarPtr most_;
    NameDropper names_;
};

}  // namespace

double abs_of(double value, std::span<const double>) { return std::fabs(value); }
double ceil_of(double value, std::span<const double>) { return std::ceil(value); }
double floor_of(double value, std::span<const double>) { return std::floor(value); }
double exp_of(double value, std::span<const double>) { return std::exp(value); }
double sqrt_of(double value, std::span<const double>) { return std::sqrt(value); }
double ln_of(double value, std::span<const double>) { return std::log(value); }
double log2_of(double value, std::span<const double>) { return std::log2(value); }
double log10_of(double value, std::span<const double>) { return std::log10(value); }
double sgn_of(double value, std::span<const double>) { return value < 0 ? -1 : value > 0 ? 1 : value; }
double sin_of(double value, std::span<const double>) { return std::sin(value); }
double cos_of(double value, std::span<const double>) { return std::cos(value); }
double tan_of(double value, std::span<const double>) { return std::tan(value); }
double asin_of(double value, std::span<const double>) { return std::asin(value); }
double acos_of(double value, std::span<const double>) { return std::acos(value); }
double atan_of(double value, std::span<const double>) { return std::atan(value); }
double sinh_of(double value, std::span<const double>) { return std::sinh(value); }
double cosh_of(double value, std::span<const double>) { return std::cosh(value); }
double tanh_of(double value, std::span<const double>) { return std::tanh(value); }
double asinh_of(double value, std::span<const double>) { return std::asinh(value); }
double acosh_of(double value, std::span<const double>) { return std::acosh(value); }
double atanh_of(double value, std::span<const double>) { return std::atanh(value); }
double deg_of(double value, std::span<const double>) { return value * 180 / std::numbers::pi; }
double rad_of(double value, std::span<const double>) { return value * std::numbers::pi / 180; }

double round_of(double value, std::span<const double> parameters) {
    const double inverse = 1.0 / (parameters.empty() ? 1.0 : parameters.front());  // 1/0.1 is 10 exactly; 0.1 is not
    return std::floor(value * inverse + 0.5) / inverse;
}

double clamp_min_of(double value, std::span<const double> parameters) { return greater_of(parameters[0], value); }
double clamp_max_of(double value, std::span<const double> parameters) { return lesser_of(parameters[0], value); }

VectorPtr make_clamp(CallSite&& site) { return std::make_unique<Clamp>(site); }

}  // namespace outrider::rules::promql
