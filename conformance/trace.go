package conformance

import "slices"

// Proof is a test of this project that holds its own sender to a sentence of
// the guide.
type Proof struct {
	Package string // below the module's path: "mocksender/rtk"
	Test    string // the function's name
}

// proofs are the tests by the numbers of the sentences that bind the sender. A
// test parses the sources for each of them.
func proofs() map[string][]Proof {
	of := func(pkg string, tests ...string) []Proof {
		out := make([]Proof, len(tests))
		for i, name := range tests {
			out[i] = Proof{pkg, name}
		}
		return out
	}
	return map[string][]Proof{
		"S1": of("mocksender", "TestDeliveryIsWhatTheGuideDescribes"),
		"S2": slices.Concat(
			of("scenarios", "TestSubscriptionFiltersWhatIsSent", "TestEventsThatNobodyAsksForAreWithheld"),
			of("mocksender/service", "TestAnEventGoesToTheEnabledWebhooksThatAreSubscribed")),
		"S6": slices.Concat(
			of("mocksender/rtk", "TestSignatureOpensToTheEncodedDigest", "TestSignatureVerifiesWithTheStandardLibrary", "TestVerifyTakesTheGenuineSignatureOnly"),
			of("mocksender", "TestDeliveryIsWhatTheGuideDescribes", "TestE2EOpenSSLVerifiesDeliveries", "TestE2ENodeVerifiesDeliveries")),
		"S7": slices.Concat(
			of("mocksender/rtk", "TestIDsHandOutEachValueOnceToConcurrentCallers"),
			of("mocksender", "TestIDsAreAssignedOncePerDelivery", "TestRetriesSendTheSameBytesUntilOneIsTaken"),
			of("mocksender/service", "TestEachWebhookHasItsOwnUUIDAndTheSameSignedBytes")),
		"S8": of("mocksender", "TestDeliveryIsWhatTheGuideDescribes", "TestHeaderNamesChooseTheSets"),
		"S10": slices.Concat(
			of("mocksender/rtk", "TestKeyDocumentIsTheGuidesByteForByte", "TestKeyringServesTheKeyThatItSignsWith"),
			of("mocksender/wellknown", "TestServerServesTheKeyringsDocument")),
		"S12": of("mocksender", "TestStatusDecidesTheFate", "TestRetriesSendTheSameBytesUntilOneIsTaken"),
		"S13": of("mocksender", "TestStatusDecidesTheFate", "TestNetworkErrorsAreRetried", "TestProfilesRetryWhatTheirSourceSays"),
		"S14": of("mocksender", "TestStatusDecidesTheFate", "TestProfilesRetryWhatTheirSourceSays"),
		"S15": of("mocksender", "TestFailingTargetGetsFewerAttemptsAndNothingIsLostSilently"),
		"S17": slices.Concat(
			of("mocksender/rtk", "TestEventTypesAreTheGuidesTableInItsOrder"),
			of("mocksender/payload", "TestFirstJoinStartsAndLastLeaveEnds", "TestHostEndsTheMeetingAfterAllHaveLeft", "TestRandomWalksAreValidAndCoherent")),
		"S18": slices.Concat(
			of("schemas", "TestGuideSamplesAreValidInBothReadings", "TestEachMemberOfTheSamplesIsRequired", "TestSampleOfOneEventIsNoOther"),
			of("mocksender/payload", "TestSampleIsTheGuidesOnceIDsAndLinksAgree", "TestEveryEventKeepsItsSamplesOrder")),
		"S19": slices.Concat(
			of("schemas", "TestEachDocumentedValueIsAccepted", "TestEachBadValueIsRefused"),
			of("mocksender/payload", "TestHostEndsTheMeetingAfterAllHaveLeft", "TestFirstJoinStartsAndLastLeaveEnds")),
		"S20": slices.Concat(
			of("schemas", "TestEachDocumentedValueIsAccepted", "TestEachBadValueIsRefused"),
			of("mocksender/payload", "TestRandomWalksAreValidAndCoherent")),
		"S21": slices.Concat(
			of("schemas", "TestEachDocumentedValueIsAccepted", "TestEachBadValueIsRefused"),
			of("mocksender/payload", "TestRandomWalksAreValidAndCoherent")),
		"S22": of("mocksender/payload", "TestRejoinHasANewPeerAndTheSameCustomID", "TestFormsChangeWhatTheySay", "TestOnlyDocumentedFormsPassTheStrictReading"),
		"S23": of("mocksender/service", "TestAWebhookGoesThroughItsLife", "TestTheEventListIsTheGuides",
			"TestE2ETheGuidesOwnCommandsWorkWithTheHostReplaced", "TestE2ETheOfficialGoSDKFindsTheServiceItKnows"),
	}
}

// Trace is what a sentence of the guide is covered by.
type Trace struct {
	Sentence Sentence
	Checks   []*Check // those that rest on it
	Proofs   []Proof  // of the sender; empty where it does not bind the sender
}

// Traces follows every sentence of the guide to the checks among those given,
// and to the tests of the sender.
func Traces(checks []*Check) []Trace {
	tests := proofs()
	var out []Trace
	for _, s := range Guide() {
		t := Trace{Sentence: s, Proofs: tests[s.No]}
		for _, c := range checks {
			if slices.Contains(c.From, s.No) {
				t.Checks = append(t.Checks, c)
			}
		}
		out = append(out, t)
	}
	return out
}

// BindsReceiver and BindsSender report whom a sentence is about.
func (s Sentence) BindsReceiver() bool { return s.Binds != "sender" }
func (s Sentence) BindsSender() bool   { return s.Binds != "receiver" }

// Gaps says what a sentence is not covered by; it is empty where all is well.
func (t Trace) Gaps() []string {
	var out []string
	if t.Sentence.BindsReceiver() && len(t.Checks) == 0 {
		out = append(out, "no check")
	}
	if t.Sentence.BindsSender() && len(t.Proofs) == 0 {
		out = append(out, "no test of the sender")
	}
	return out
}
