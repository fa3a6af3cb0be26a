import { distance } from 'fastest-levenshtein';

/** The given and family names that most people in the United States bear (Social Security Administration; Census 2010). */
const given = new Set(
  `james mary robert patricia john jennifer michael linda david elizabeth william barbara richard susan joseph jessica
thomas sarah christopher karen charles lisa daniel nancy matthew betty anthony sandra mark margaret donald ashley steven
kimberly andrew emily paul donna joshua michelle kenneth carol kevin amanda brian melissa timothy deborah ronald
stephanie george rebecca jason sharon edward laura jeffrey cynthia ryan dorothy jacob amy nicholas kathleen gary angela
eric shirley jonathan emma stephen brenda larry pamela justin nicole scott anna brandon samantha benjamin katherine
samuel christine gregory debra alexander rachel patrick carolyn frank janet raymond maria jack olivia dennis heather
jerry helen tyler catherine aaron diane jose julie adam victoria nathan joyce henry lauren zachary kelly douglas
christina peter ruth kyle joan noah virginia ethan judith jeremy evelyn christian hannah walter andrea keith megan
austin cheryl roger jacqueline terry madison sean teresa gerald abigail carl sophia dylan martha harold sara jordan
gloria jesse janice bryan kathryn lawrence ann arthur isabella gabriel judy bruce charlotte logan julia billy grace joe
amber alan alice juan jean elijah denise willie frances albert danielle wayne marilyn randy natalie mason beverly
vincent diana liam brittany roy theresa bobby kayla caleb alexis bradley doris russell lori lucas tiffany luis carmen
carlos rosa antonio miguel francisco manuel jesus pedro jorge victor ricardo fernando eduardo mario roberto angel
martin ralph eugene howard fred ernest stanley leonard louis philip todd curtis craig allen glenn dale earl clarence
norman marcus theodore clifford herbert lewis leon leroy marvin melvin edwin calvin derek dustin travis chad shawn
tony cody joel seth ian evan cole adrian max hugo leo felix oscar ivan omar rafael hector ruben raul sergio
phyllis norma paula annie lillian robin peggy crystal gladys rita dawn connie florence tracy edna rosemary cindy
grace tina wanda sylvia rosie sheila gail erin marjorie yvonne leslie eleanor dolores ellen jane lois irene eva
suzanne veronica lucille ana alma ida bertha esther elaine vivian sherry claire josephine april wendy valerie audrey
juanita regina kristen monica erica holly katie miranda molly leah jill renee tamara bonnie jasmine vanessa
natasha alicia gabriela lucia sofia elena isabel teresa margarita beatriz silvia mia ava ella chloe zoe lily aria nora
hazel stella maya naomi`.split(/\s+/),
);
const family = new Set(
  `smith johnson williams brown jones garcia miller davis rodriguez martinez hernandez lopez gonzalez wilson anderson
thomas taylor moore jackson martin lee perez thompson white harris sanchez clark ramirez lewis robinson walker young
allen king wright scott torres nguyen hill flores green adams nelson baker hall rivera campbell mitchell carter roberts
gomez phillips evans turner diaz parker cruz edwards collins reyes stewart morris morales murphy cook rogers gutierrez
ortiz morgan cooper peterson bailey reed kelly howard ramos kim cox ward richardson watson brooks chavez wood james
bennett gray mendoza ruiz hughes price alvarez castillo sanders patel myers long ross foster jimenez powell jenkins
perry russell sullivan bell coleman butler henderson barnes gonzales fisher vasquez simmons romero jordan patterson
alexander hamilton graham reynolds griffin wallace moreno west cole hayes bryant herrera gibson ellis tran medina
aguilar stevens murray ford castro marshall owens harrison fernandez mcdonald woods washington kennedy wells vargas
henry chen freeman webb tucker guzman burns crawford olson simpson porter hunter gordon mendez silva shaw snyder mason
dixon munoz hunt hicks holmes palmer wagner black robertson boyd rose stone salazar fox warren mills meyer rice schmidt
garza daniels ferguson nichols stephens soto weaver ryan gardner payne grant dunn kelley spencer hawkins arnold pierce
hansen peters santos hart bradley knight elliott cunningham duncan armstrong hudson carroll lane riley andrews alvarado
ray delgado berry perkins hoffman johnston matthews pena richards contreras willis carpenter lawrence sandoval guerrero
george chapman rios estrada ortega watkins greene nunez wheeler valdez harper burke larson santiago maldonado morrison
franklin carlson austin dominguez carr lawson jacobs obrien lynch singh vega bishop montgomery oliver jensen harvey
williamson gilbert dean sims espinoza howell li wong reid hanson le mccoy garrett burton fuller wang weber welch rojas
lucas marquez fields park yang little banks padilla day walsh bowman schultz luna fowler mejia davidson acosta brewer
may holland juarez newman pearson curtis cortez douglas schneider joseph barrett navarro figueroa keller avila wade
molina stanley hopkins campos barnett bates chambers caldwell beck lambert miranda byrd craig ayala lowe frazier powers
neal leonard gregory carrillo sutton fleming rhodes shelton schwartz norris jennings rios watts cohen mcguire`.split(
    /\s+/,
  ),
);

/** A token of a name as it is usually written, and how many letters had to be changed; null where none is like it. */
export function usualName(
  token: string,
  kind: 'given' | 'family',
): { readonly name: string; readonly slips: number } | null {
  const names = kind === 'given' ? given : family;
  if (names.has(token)) return { name: token, slips: 0 };
  const most = token.length < 4 ? 0 : token.length < 6 ? 1 : 2;
  let [best, slips, ties] = ['', most + 1, 0];
  for (const name of names) {
    if (Math.abs(name.length - token.length) > most) continue;
    const away = distance(name, token);
    if (away < slips) [best, slips, ties] = [name, away, 1];
    else if (away === slips) ties += 1;
  }
  return slips <= most && ties === 1 ? { name: best, slips } : null;
}
