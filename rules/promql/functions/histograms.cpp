#include "rules/promql/functions/histograms.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "rules/gotext/number.h"
#include "rules/gotext/quote.h"
#include "rules/promql/functions/arguments.h"
#include "rules/promql/functions/buckets.h"
#include "rules/promql/functions/phi.h"
#include "rules/promql/matcher.h"
#include "rules/promql/name_dropper.h"

namespace outrider::rules::promql {
namespace {

constexpr std::string_view kBound = "le";

// The buckets of one histogram among all of them.
struct Histogram {
    const Labels* labels = nullptr;  // without le
    std::size_t first = 0;
    std::size_t count = 0;
};

// The label sets of a vector, remembered from one evaluation to the next: members rarely change.
class Membership {
public:
    /// True when `vector` has the label sets of the last call, in their order, and the table has not been swept since.
    bool unchanged(const Context& context, const Vector& vector) {
        const std::uint64_t generation = context.labels.generation();
        if (known_ && generation_ == generation && std::ranges::equal(vector, labels_, {}, &Element::labels))
            return true;
        known_ = true;
        generation_ = generation;
        labels_.clear();
        for (const Element& element : vector) labels_.push_back(element.labels);
        return false;
    }

private:
    bool known_ = false;
    std::uint64_t generation_ = 0;
    std::vector<const Labels*> labels_;
};

// Which elements of a vector are buckets of which histogram. Worked out anew only when the members of the vector
// change; else an evaluation just fetches the counts.
class Histograms {
public:
    /// `begin` is where the vector stands in the text, for warnings of buckets without a good bound.
    void take(const Context& context, const Vector& vector, std::size_t begin) {
        if (!members_.unchanged(context, vector)) arrange(context, vector);
        for (const Labels* labels : without_bound_) warn(context, *labels, begin);
        for (std::size_t i = 0; i < places_.size(); ++i)
            buckets_[i] = {places_[i].bound, vector[places_[i].element].value};
    }

    [[nodiscard]] std::span<const Histogram> all() const noexcept { return histograms_; }
    [[nodiscard]] std::span<Bucket> buckets(const Histogram& histogram) noexcept {
        return {buckets_.data() + histogram.first, histogram.count};
    }

private:
    struct Place {
        std::size_t histogram = 0;
        double bound = 0;
        std::size_t element = 0;
    };

    void arrange(const Context& context, const Vector& vector) {
        places_.clear();
        histograms_.clear();
        without_bound_.clear();
        std::unordered_map<const Labels*, std::size_t> known;
        for (std::size_t i = 0; i < vector.size(); ++i) {
            const auto bound = gotext::parse_float(vector[i].labels->value_of(kBound));
            if (!bound) {
                without_bound_.push_back(vector[i].labels);
                continue;
            }
            Labels rest = *vector[i].labels;
            rest.set(kBound, "");
            const Labels* labels = context.labels.intern(std::move(rest));
            const auto [histogram, is_new] = known.emplace(labels, histograms_.size());
            if (is_new) histograms_.push_back({.labels = labels});
            ++histograms_[histogram->second].count;
            places_.push_back({histogram->second, *bound, i});
        }
        std::ranges::sort(places_, [](const Place& a, const Place& b) {
            if (a.histogram != b.histogram) return a.histogram < b.histogram;
            if (std::isnan(a.bound) != std::isnan(b.bound)) return std::isnan(a.bound);
            if (a.bound < b.bound || b.bound < a.bound) return a.bound < b.bound;
            return a.element < b.element;
        });
        std::size_t first = 0;
        for (Histogram& histogram : histograms_) {
            histogram.first = first;
            first += histogram.count;
        }
        buckets_.resize(places_.size());
    }

    static void warn(const Context& context, const Labels& labels, std::size_t begin) {
        if (!context.report.wants_annotations()) return;
        std::string text =
            "bucket label \"le\" is missing or has a malformed value of " + gotext::quote(labels.value_of(kBound));
        const auto name = labels.value_of(kMetricName);
        if (!name.empty()) text += " for metric name " + gotext::quote(name);
        context.report.annotate(Annotation::Kind::warning, std::move(text), begin);
    }

    Membership members_;
    std::vector<Place> places_;  // by histogram and bound
    std::vector<Histogram> histograms_;
    std::vector<const Labels*> without_bound_;
    std::vector<Bucket> buckets_;  // those of places_
};

class HistogramQuantile final : public VectorNode {
public:
    explicit HistogramQuantile(CallSite& site)
        : phi_(take_scalar(site, 0)),
          vector_(take_vector(site, 1)),
          phi_begin_(site.argument_begins[0]),
          vector_begin_(site.argument_begins[1]) {}

    void evaluate(const Context& context, Vector& out) override {
        const double phi = phi_->evaluate(context);
        vector_->evaluate(context, elements_);
        check_phi(phi, context, phi_begin_);
        histograms_.take(context, elements_, vector_begin_);
        out.clear();
        for (const Histogram& histogram : histograms_.all()) {
            const auto quantile = quantile_of_buckets(phi, histograms_.buckets(histogram));
            if (quantile.lifted) tell_lifted(context, *histogram.labels);
            out.push_back({.labels = histogram.labels, .value = quantile.value, .nameless = false});
        }
        names_.drop(context, out);
    }

private:
    void tell_lifted(const Context& context, const Labels& labels) const {
        if (!context.report.wants_annotations()) return;
        std::string text =
            "input to histogram_quantile needed to be fixed for monotonicity (see "
            "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)";
        const auto name = labels.value_of(kMetricName);
        if (context.options.delayed_name_removal && !name.empty()) text += " for metric name " + gotext::quote(name);
        context.report.annotate(Annotation::Kind::info, std::move(text), vector_begin_);
    }

    ScalarPtr phi_;
    VectorPtr vector_;
    std::size_t phi_begin_;
    std::size_t vector_begin_;
    Vector elements_;
    Histograms histograms_;
    NameDropper names_;
};

class HistogramFraction final : public VectorNode {
public:
    explicit HistogramFraction(CallSite& site)
        : lower_(take_scalar(site, 0)),
          upper_(take_scalar(site, 1)),
          vector_(take_vector(site, 2)),
          vector_begin_(site.argument_begins[2]) {}

    void evaluate(const Context& context, Vector& out) override {
        const double lower = lower_->evaluate(context);
        const double upper = upper_->evaluate(context);
        vector_->evaluate(context, elements_);
        histograms_.take(context, elements_, vector_begin_);
        out.clear();
        for (const Histogram& histogram : histograms_.all()) {
            const double fraction = fraction_of_buckets(lower, upper, histograms_.buckets(histogram));
            out.push_back({.labels = histogram.labels, .value = fraction, .nameless = false});
        }
        names_.drop(context, out);
    }

private:
    ScalarPtr lower_;
    ScalarPtr upper_;
    VectorPtr vector_;
    std::size_t vector_begin_;
    Vector elements_;
    Histograms histograms_;
    NameDropper names_;
};

class NativeStatistic final : public VectorNode {
public:
    explicit NativeStatistic(CallSite& site) : vector_(take_vector(site, 0)) {}

    void evaluate(const Context& context, Vector& out) override {
        vector_->evaluate(context, out);  // it may be in error, or have something to say
        out.clear();
    }

private:
    VectorPtr vector_;
};

}  // namespace

VectorPtr make_histogram_quantile(CallSite&& site) { return std::make_unique<HistogramQuantile>(site); }
VectorPtr make_histogram_fraction(CallSite&& site) { return std::make_unique<HistogramFraction>(site); }
VectorPtr make_native_statistic(CallSite&& site) { return std::make_unique<NativeStatistic>(site); }

}  // namespace outrider::rules::promql
