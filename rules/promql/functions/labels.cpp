#include "rules/promql/functions/labels.h"

#include <re2/re2.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/gotext/regex.h"
#include "rules/gotext/replacement.h"
#include "rules/gotext/utf8.h"
#include "rules/promql/functions/arguments.h"
#include "rules/promql/label_keys.h"
#include "rules/promql/label_memo.h"
#include "rules/promql/matcher.h"
#include "rules/promql/name_dropper.h"

namespace outrider::rules::promql {
namespace {

// What Prometheus takes as a label's name since it takes UTF-8.
bool is_label_text(std::string_view name) { return !name.empty() && gotext::is_utf8(name); }

// Writes one label of each element, worked out from all of its labels.
class LabelWriter : public VectorNode {
public:
    LabelWriter(VectorPtr vector, std::string destination)
        : vector_(std::move(vector)),
          destination_(std::move(destination)),
          keys_([this](const Labels& labels) { return written(labels); }) {}
    LabelWriter(const LabelWriter&) = delete;
    LabelWriter& operator=(const LabelWriter&) = delete;

    void evaluate(const Context& context, Vector& out) override {
        if (error_) {
            out.clear();
            context.report.fail(*error_);
            return;
        }
        vector_->evaluate(context, out);
        seen_.clear();
        for (std::size_t i = 0; i < out.size(); ++i) {
            Element& element = out[i];
            // Who writes a name does not want to see it removed at the end.
            if (element.nameless && destination_ == kMetricName && writes(context, i, element.labels))
                element.nameless = false;
            const auto key = keys_.of(context.labels, i, element.labels);
            element.labels = key.labels;
            if (!seen_.insert(key.number)) context.report.fail(kSameLabels);
        }
    }

    [[nodiscard]] bool ordered() const noexcept override { return vector_->ordered(); }

protected:
    void fail_always(std::string error) {
        if (!error_) error_ = std::move(error);
    }
    [[nodiscard]] const std::string& destination() const noexcept { return destination_; }

private:
    // nullopt leaves the label as it is; an empty one removes it.
    [[nodiscard]] virtual std::optional<std::string> value_for(const Labels& labels) const = 0;

    [[nodiscard]] Labels written(const Labels& labels) const {
        Labels result = labels;
        if (const auto value = value_for(labels)) result.set(destination_, *value);
        return result;
    }

    bool writes(const Context& context, std::size_t place, const Labels* labels) {
        return writes_.at(context.labels, place, labels,
                          [this](const Labels& asked) -> char { return value_for(asked).has_value() ? 1 : 0; }) != 0;
    }

    VectorPtr vector_;
    std::string destination_;
    std::optional<std::string> error_;
    LabelKeys keys_;
    LabelMemo<char> writes_;
    Marks seen_;
};

class LabelReplace final : public LabelWriter {
public:
    explicit LabelReplace(CallSite& site) : LabelWriter(take_vector(site, 0), take_text(site, 1)) {
        const std::string replacement = take_text(site, 2);
        source_ = take_text(site, 3);
        const std::string pattern = take_text(site, 4);
        regex_ = gotext::compile_regex("^(?s:" + pattern + ")$");
        if (!regex_->ok()) {
            fail_always("invalid regular expression in label_replace(): " + pattern);
            return;
        }
        if (!is_label_text(destination()))
            fail_always("invalid destination label name in label_replace(): " + destination());
        replacement_.emplace(replacement, *regex_);
    }

private:
    [[nodiscard]] std::optional<std::string> value_for(const Labels& labels) const override {
        const auto value = labels.value_of(source_);
        const re2::StringPiece source{value.data(), value.size()};
        std::vector<re2::StringPiece> groups(static_cast<std::size_t>(regex_->NumberOfCapturingGroups()) + 1);
        if (!regex_->Match(source, 0, source.size(), RE2::UNANCHORED, groups.data(), static_cast<int>(groups.size())))
            return std::nullopt;
        std::vector<std::string_view> texts;
        for (const auto& group : groups) texts.emplace_back(group.data(), group.size());
        return replacement_->expand(texts);
    }

    std::string source_;
    std::unique_ptr<const RE2> regex_;
    std::optional<gotext::Replacement> replacement_;
};

class LabelJoin final : public LabelWriter {
public:
    explicit LabelJoin(CallSite& site) : LabelWriter(take_vector(site, 0), take_text(site, 1)) {
        separator_ = take_text(site, 2);
        for (std::size_t i = 3; i < site.arguments.size(); ++i) {
            sources_.push_back(take_text(site, i));
            if (!is_label_text(sources_.back()))
                fail_always("invalid source label name in label_join(): " + sources_.back());
        }
        if (!is_label_text(destination()))
            fail_always("invalid destination label name in label_join(): " + destination());
    }

private:
    [[nodiscard]] std::optional<std::string> value_for(const Labels& labels) const override {
        std::string joined;
        for (std::size_t i = 0; i < sources_.size(); ++i) {
            if (i > 0) joined += separator_;
            joined += labels.value_of(sources_[i]);
        }
        return joined;
    }

    std::string separator_;
    std::vector<std::string> sources_;
};

}  // namespace

VectorPtr make_label_replace(CallSite&& site) { return std::make_unique<LabelReplace>(site); }
VectorPtr make_label_join(CallSite&& site) { return std::make_unique<LabelJoin>(site); }

}  // namespace outrider::rules::promql
