-- store.demographics -> DemographicsDType of OneRoster 1.1, without its opening brace and dateLastModified.

create or replace function shape.sex_v1p1(r store.demographics) returns text language sql stable as $$
  select case when r.sex in ('male', 'female') then r.sex end
$$;
comment on function shape.sex_v1p1 is 'The sex on record where 1.1 has a word for it; null for any other.';

create or replace function shape.demographics_v1p1(r store.demographics) returns text language sql stable as $$
  select '"sourcedId":' || shape.string(r.sourced_id) || ',"status":"' || r.status || '"'
    || shape.member('metadata', r.metadata)
    || shape.member('birthDate', r.birth_date)
    || shape.member('sex', shape.sex_v1p1(r))
    || shape.member('americanIndianOrAlaskaNative', r.american_indian_or_alaska_native)
    || shape.member('asian', r.asian)
    || shape.member('blackOrAfricanAmerican', r.black_or_african_american)
    || shape.member('nativeHawaiianOrOtherPacificIslander', r.native_hawaiian_or_other_pacific_islander)
    || shape.member('white', r.white)
    || shape.member('demographicRaceTwoOrMoreRaces', r.demographic_race_two_or_more_races)
    || shape.member('hispanicOrLatinoEthnicity', r.hispanic_or_latino_ethnicity)
    || shape.member('countryOfBirthCode', r.country_of_birth_code)
    || shape.member('stateOfBirthAbbreviation', r.state_of_birth_abbreviation)
    || shape.member('cityOfBirth', r.city_of_birth)
    || shape.member('publicSchoolResidenceStatus', r.public_school_residence_status)
    || '}'
$$;
