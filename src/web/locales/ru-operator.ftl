# Слова страниц операторов по-русски; те же ключи стоят в en-operator.ftl.

op-sign-in = Вход для оператора
op-home = Как идут дела
op-waiting = Что ждёт человека
op-waiting-calls = вызовы на разбор
op-waiting-review = выводы на одобрение
op-waiting-attention = выводы, которым нужна помощь
op-waiting-claims = открытые обращения
op-signs = Остатки: больше нуля — наше или то, что должны мы, меньше нуля — то, что должны нам.
op-unsealed = { $count ->
    [one] { $count } проводка ждёт печати и в них ещё не вошла.
    [few] { $count } проводки ждут печати и в них ещё не вошли.
   *[many] { $count } проводок ждут печати и в них ещё не вошли.
}
op-shoppers = Что есть у покупателей
op-partners = Что должны партнёры
op-others = Банки и сервис
op-account-shoppers-pending = Ждут магазинов
op-account-shoppers-confirmed = Подтверждено, на удержании
op-account-shoppers-available = Можно вывести
op-account-shoppers-in-payout = В выводах
op-account-shoppers-debt = Долги
op-account-house-margin = Наша доля
op-account-house-margin-pending = Наша доля, ещё не подтверждена
op-account-house-fees = Комиссии за вывод
op-calls = Вызовы партнёров
op-calls-waiting = Ждут
op-calls-all = Все
op-calls-none = Ничто не ждёт.
op-call = Вызов
op-call-first = Это повтор другого вызова
op-call-later = Его решил более поздний повтор
op-report = Сообщение
op-report-status = Партнёр говорит
op-report-verdict = Что с ним стало
op-report-commission = Комиссия
op-rerun = Выполнить снова
op-rerun-text = Вызов будет прочитан и решён заново, с нынешними адаптером и настройками.
op-rerun-trusted = Ручаюсь за него: без проверки подлинности
op-reason = Причина, для журнала
flash-call-rerun = Вызов выполнен снова. Вот что вышло.
op-payouts-review = На одобрение
op-payouts-attention = Нужна помощь
op-payouts-all = Все
op-payouts-none = Таких нет.
op-provider = Банк
op-sends = Отправок
op-shopper = Покупатель
op-decide = Решение
op-approve = Отпустить { $amount }
op-decline = Отклонить
op-decline-reason = Причина, для покупателя
flash-payout-approved = Вывод отправляется.
flash-payout-declined = Вывод отклонён, деньги вернулись покупателю.
invalid-reason = Напишите причину, до 500 знаков.
op-why-review = Ждёт одобрения.
op-why-key_window_closed = Банк его не знает и забыл ключ: повтор мог бы заплатить дважды.
op-why-never_sent = Банк говорит о нём, но его не отправляли.
op-why-two_references = Банк называет для него второй номер.
op-why-paid_after_release = Банк принял или выплатил его, когда деньги уже вернулись.
op-why-failed_after_paid = Банк говорит «не прошёл» после «выплачен».
op-why-other_amount = Банк говорит о другой сумме.
op-why-unheard_state = Банк его принял, но в состоянии, которое здесь неизвестно или ждёт кого-то у него.
op-why-our_side = Банк отказывает нам: доступ или остаток.
op-why-shopper_blocked = До отправки покупателя заблокировали или выводы заморозили.
op-why-job_given_up = Задача, которая его ведёт, слишком часто не удавалась.
op-nav-home = Главная
op-nav-inbox = Входящие
op-nav-search = Поиск
op-nav-more = Ещё
op-waiting-adjustments = исправления для второго человека
op-days = Последние 30 дней
op-days-table = То же таблицей
op-day = День (UTC)
op-chart-clicks = Клики
op-chart-orders = Заказы
op-chart-commission = Вознаграждение
op-chart-cashback = Кэшбэк
op-state = Состояние
op-total = Всего
op-age-0 = до 7 дней
op-age-1 = 8–30
op-age-2 = 31–90
op-age-3 = больше 90
op-age-none = без возраста
op-partner = Партнёр
op-expected = Ещё не подтверждено
op-nothing-owed = Никто никому не должен.
op-as-of = По состоянию на
op-bucket-pending = Ждёт магазинов
op-bucket-confirmed = Подтверждено, на удержании
op-bucket-available = Можно вывести
op-bucket-in_payout = В выводах
op-bucket-debt = Долги
op-inbox-none = Ничто не ждёт. Всё сделано.
op-inbox-attention = Выводы, которым нужна помощь
op-inbox-review = Выводы на одобрение
op-inbox-adjustments = Исправления для второго человека
op-all = Все
op-none = Нет.
op-no = нет
op-bot = Похоже на программу
op-more-orders = Всех покупателей и партнёров
op-more-shoppers = Аккаунты, балансы, блокировка
op-partners-title = Партнёры
op-more-partners = Кто сообщает о продажах и платит за них
op-more-adapters = Как читаются вызовы партнёров
op-more-adjustments = Вручную, свыше суммы — со вторым человеком
op-more-ledger = Голова цепочки, последняя проверка
op-more-jobs = Что идёт само и что брошено
op-more-audit = Кто, что и когда делал
op-more-operators = Добавить, дать роль, заблокировать
op-more-operators-look = Кому что можно
op-shoppers-title = Покупатели
op-adapters = Адаптеры
op-adjustments = Исправления
op-adjustments-text = Те, что больше, чем один оператор может провести сам. Их просят на странице покупателя.
op-adjustment = Исправление
op-ledger = Книга
op-jobs = Задачи
op-audit = Журнал действий
op-operators = Операторы
op-account = Ваш аккаунт
op-search-hint = Номер, заказ, адрес, имя, ссылка
op-search-text = Одно поле для всего: номер или метка клика, номер заказа, адрес или его часть, имя магазина или партнёра, номер вывода в банке.
op-search-none = Ничего не найдено.
op-kind-order = Заказ
op-kind-click = Клик
op-kind-call = Вызов партнёра
op-kind-payout = Вывод
op-kind-claim = Пропавший заказ
op-kind-adjustment = Исправление
op-kind-shopper = Покупатель
op-kind-operator = Оператор
op-kind-store = Магазин
op-kind-partner = Партнёр
op-kind-transaction = Проводка
op-all-partners = Все партнёры
op-heard = Впервые узнали
op-confirmed = Подтверждён
op-external = Ключ партнёра
op-click = Клик
op-clicks = Клики
op-store = Магазин
op-story-click = Покупатель перешёл в { $store }
op-link-made = Ссылка сделана
op-landing = Куда вёл
op-click-referrer = Страница со ссылкой
op-click-browser = Браузер
op-click-address = Сеть
op-click-fetch = Что браузер сказал о себе
op-click-orders = Заказы этого клика
op-click-no-orders = Заказов по нему не было.
op-status-active = Действует
op-status-blocked = Заблокирован
op-status-erased = Ушёл
op-since = С
op-email-confirmed = Адрес подтверждён
op-sessions = Открытых сеансов
op-public-id = Имя в ссылках
op-adjust = Исправить баланс
op-audit-of = Что здесь делали операторы
op-block = Заблокировать
op-unblock = Разблокировать
op-block-text = Все сеансы сразу кончатся, выплат не будет. Книга не изменится.
op-unblock-text = Покупатель снова сможет входить и выводить деньги.
flash-shopper-blocked = Покупатель заблокирован.
flash-shopper-unblocked = Покупатель снова может войти.
op-postings = Как двигались деньги
op-claim-same = Заказ с таким номером известен:
op-claim-decide = Ответ
op-claim-decide-text = Согласиться: партнёр должен сообщить о заказе, до этого деньги не движутся. Покупатель прочтёт ваши слова.
op-claim-answer-by = Ответить до
op-claim-late = Ответ запаздывает. Срок был до
op-claim-answer = Ваши слова покупателю
op-claim-accept = Согласиться
op-claim-decline = Отказать
flash-claim-answered = На обращение ответили.
op-adjustment-state-open = Ждёт второго человека
op-adjustment-state-approved = Проведено
op-adjustment-state-declined = Отклонено
op-adjustment-state-expired = Срок вышел
op-adjust-entries = Что будет проведено
op-adjust-second = Это больше, чем можно провести одному: другой оператор должен одобрить в течение 7 дней.
op-adjust-ask = Попросить
op-adjust-book = Провести
op-adjust-way = Куда
op-adjust-give = Дать покупателю
op-adjust-take = Взять у покупателя
op-amount = Сумма
op-currency = Валюта
op-fund = За чей счёт
op-fund-hint = house/margin, house/write_off или house/budget/имя
op-adjust-reason = Причина, её увидит покупатель
op-adjust-next-text = На следующей странице видно, что будет проведено. До этого ничего не движется.
op-asked-by = Кто просит
op-decided-by = Кто решил
op-expires = Решить до
op-adjustment-own = Это попросили вы, поэтому одобрить должен другой оператор. Вы можете отозвать просьбу.
op-adjustment-approve = Одобрить { $amount }
op-adjustment-call-back = Отозвать
op-decline-why = Причина
flash-adjusted = Баланс исправлен.
flash-adjustment-asked = Это должен одобрить другой оператор.
flash-adjustment-approved = Проведено.
flash-adjustment-declined = Отклонено, ничего не сдвинулось.
refused-same-operator = Кто попросил, тот не одобряет: нужен другой оператор.
refused-expired = Никто не решил вовремя. Попросите снова.
refused-key-reused = Это уже проведено с другими словами или суммой.
invalid-fund = Напишите house/margin, house/write_off или house/budget/имя.
invalid-direction = Выберите, куда.
op-ledger-check = Последняя проверка
op-ledger-clean = { $count ->
    [one] Всё сходится, прочитана { $count } проводка.
    [few] Всё сходится, прочитано { $count } проводки.
   *[many] Всё сходится, прочитано { $count } проводок.
}
op-ledger-broken = { $count ->
    [one] Не сходится { $count } место.
    [few] Не сходится { $count } места.
   *[many] Не сходится { $count } мест.
}
op-ledger-broken-text = «kopilka ledger verify» покажет весь список.
op-ledger-never = Её ещё не проверяли.
op-ledger-check-now = Проверить сейчас
flash-ledger-checked = Вся книга прочитана. Вот что нашлось.
op-ledger-head = Голова цепочки
op-ledger-head-text = Сохраните её в другом месте, и ничего до неё нельзя будет изменить незаметно.
op-ledger-position = Место
op-ledger-hash = Хеш
op-jobs-dead = Брошенные
op-jobs-waiting = Ждут
op-jobs-tries = { $count ->
    [one] { $count } попытка
    [few] { $count } попытки
   *[many] { $count } попыток
}
op-provider-ref = Номер в банке
op-ask = Спросить банк сейчас
flash-payout-asked = Банк спросили. Вот как дела.
op-resolve = Указать, чем кончилось
op-resolve-text = Сначала банк спросят ещё раз. Что ещё может быть выплачено, не вернётся.
op-resolve-paid = Банк выплатил
op-resolve-not-paid = Банк не выплатил и не выплатит
op-resolve-ref = Номер в банке, если выплатил
flash-payout-resolved = Исход записан.
invalid-provider-ref = Напишите номер платежа в банке.
refused-payout-needs-nobody = На это уже не нужно смотреть.
refused-provider-says-otherwise = Банк говорит другое.
refused-payout-may-still-land = Он ещё может пройти: подождите и спросите снова.
op-store-active = Открыт
op-store-paused = Приостановлен
op-store-new = Добавить магазин
op-store-search = Имя или адрес
op-store-page = Его страница для покупателей
op-import = Загрузить магазины
op-changed = Последнее изменение
op-change = Изменить
op-pause = Приостановить
op-resume = Открыть снова
flash-store-paused = Магазин приостановлен: его ссылки ведут на страницу, где об этом сказано.
flash-store-resumed = Магазин снова открыт.
flash-store-added = Магазин добавлен. Ссылки на него появятся, когда у него будут условия.
flash-store-changed = Магазин изменён.
flash-terms-added = Новая версия добавлена. Что обещано раньше, остаётся обещанным.
op-terms = Условия
op-terms-new = Новые условия
op-terms-version = Версия { $version }
op-terms-current = действует
op-terms-from = Действует с
op-terms-none = Условий ещё нет, поэтому ссылки на этот магазин не делаются.
op-terms-categories = Ставки по категориям
op-terms-exclusions = За что ничего не даётся
op-terms-differences = Что отличается
op-terms-same = Ничем не отличается от последней версии.
op-terms-at-once = Действует сразу.
op-terms-kept = Ссылки, сделанные раньше, остаются при своей версии.
op-terms-add = Добавить эту версию
op-terms-next-text = На следующей странице видно, что отличается. До этого ничего не меняется.
op-before = До сих пор
op-after = Теперь
op-field-slug = Имя в адресах
op-field-slug-hint = Латинские a–z, 0–9 и -, остаётся навсегда
op-field-name = Имя
op-field-home_url = Главная страница
op-field-domains = Домены
op-field-landing_url = Куда ведёт клик
op-field-deep_link_url = Куда ведёт клик по товару
op-field-categories = Категории
op-field-lines-hint = По одному в строке
op-field-landing-hint = { $click } стоит там, где партнёр берёт метку
op-field-deep-hint = С { $click } и { $target }, пусто, если такого нет
op-field-rate = Кэшбэк
op-field-rate-hint = 5% — от заказа, «40% of commission» — от вознаграждения, 300 RUB — сумма
op-field-first_order = За первый заказ
op-field-cap_per_order = Не больше за заказ
op-field-cap_per_month = Не больше покупателю в месяц
op-field-cap-hint = 1500 RUB, пусто — без ограничения
op-field-hold_days = Дней удержания после подтверждения
op-field-attribution_days = Дней засчитывается клик
op-field-budget = Бюджет на то, что больше вознаграждения
op-field-budget-hint = Пусто: больше не бывает
op-field-categories-hint = Слово партнёра = ставка, по одной в строке
op-field-exclusions = За что ничего не даётся
op-field-exclusions-hint = код | по-английски | по-русски, по одному в строке
op-field-valid_from = Действует с
op-field-valid-hint = Пусто — сразу. Часовой пояс: { $zone }
invalid-rate = Напишите 5%, 40% of commission или 300 RUB.
invalid-first-order = Напишите 5%, 40% of commission или 300 RUB.
invalid-cap-per-order = Напишите сумму больше нуля и валюту, 1500 RUB.
invalid-cap-per-month = Напишите сумму больше нуля и валюту, 1500 RUB.
invalid-hold-days = Напишите число дней.
invalid-attribution-days = Напишите число дней.
invalid-valid-from = Выберите время не в прошлом.
invalid-categories = Напишите каждую строку как слово = 5%.
invalid-exclusions = Напишите каждую строку как код | по-английски | по-русски.
invalid-slug = Только a–z, 0–9 и -, до 64 знаков.
invalid-home-url = Напишите адрес, который начинается с https://.
invalid-domains = Напишите домены магазина, по одному в строке.
refused-slug-taken = Магазин с таким именем уже есть.
op-line = Строка
op-problem = Что поправить
op-import-text = Файл CSV с заголовком. Магазины узнаются по slug: новые добавятся, другие изменятся. Ничего не изменится, пока вы не увидите.
op-import-file = Файл
op-import-csv = Текст файла
op-import-look = Посмотреть, что будет
op-import-do = Выполнить
op-import-other = Другой файл
op-import-done = Сделано:
op-import-would = Пока ничего не изменено. Будет:
op-import-added = { $count ->
    [one] { $count } добавлен
    [few] { $count } добавлены
   *[many] { $count } добавлено
}
op-import-changed = { $count ->
    [one] { $count } изменён
    [few] { $count } изменены
   *[many] { $count } изменено
}
op-import-unchanged = { $count ->
    [one] { $count } без изменений
    [few] { $count } без изменений
   *[many] { $count } без изменений
}
op-import-terms = { $count ->
    [one] { $count } новая версия условий
    [few] { $count } новые версии условий
   *[many] { $count } новых версий условий
}
op-import-bad = Строки, которые не взяты
op-import-warnings = Сомнительные ссылки, они взяты всё равно
op-import-lines = Строка за строкой
op-import-what = Что будет
op-import-fields = Что отличается
op-import-line-added = добавлен
op-import-line-changed = изменён
op-import-line-unchanged = без изменений
op-import-more = { $count ->
    [one] И ещё { $count } строка.
    [few] И ещё { $count } строки.
   *[many] И ещё { $count } строк.
}
op-adapters-text = Как читаются вызовы партнёров: готовые адаптеры и ваши собственные.
op-adapter-name = Имя нового адаптера
op-adapter-new = Новый адаптер
op-adapter-own = ваш
op-adapter-preset = готовый
op-adapter-preset-text = Это готовый адаптер. Сохранённый текст встанет перед ним под тем же именем.
op-adapter-body = Текст (TOML, см. docs/ADAPTERS.md)
op-adapter-check = Проверить на последних вызовах
op-adapter-save = Сохранить
op-adapter-checked = На последних вызовах
op-adapter-calls = { $count ->
    [one] Прочитан заново { $count } вызов.
    [few] Прочитано заново { $count } вызова.
   *[many] Прочитано заново { $count } вызовов.
}
op-adapter-differ = { $count ->
    [one] { $count } читается иначе.
    [few] { $count } читаются иначе.
   *[many] { $count } читаются иначе.
}
op-adapter-same = Все читаются как прежде.
op-adapter-nobody = Текст читается. Им пока не пользуется ни один партнёр.
flash-adapter-saved = Адаптер сохранён и уже используется.
invalid-body = Текст не годится, см. ниже.
refused-adapter-in-use = Вызовы партнёра больше нельзя было бы прочитать.
op-role = Роль
op-role-admin = Администратор
op-role-finance = Финансы
op-role-support = Поддержка
op-role-viewer = Наблюдатель
op-role-admin-text = Всё, в том числе другие операторы
op-role-finance-text = Выводы, исправления, платежи партнёров
op-role-support-text = Обращения, задержанные вызовы, покупатели
op-role-viewer-text = Только смотреть
op-role-give = Дать эту роль
op-did = Что сделано
op-operator-new = Новый оператор
op-operator-add = Добавить
op-first-password = Первый пароль
flash-operator-added = Оператор может войти.
flash-operator-changed = Оператор изменён.
refused-last-admin = Это последний администратор, сначала назначьте другого.
op-audit-who = Кто
op-audit-everybody = Все
op-audit-console = Командная строка
op-audit-system = Сам сервис
op-audit-subject = О чём: shopper/…, store/… — номер
op-from = с
op-to = по
op-action-shopper-block = Заблокировал покупателя
op-action-shopper-unblock = Разблокировал покупателя
op-action-balance-adjust = Исправил баланс
op-action-adjustment-ask = Попросил исправление
op-action-adjustment-approve = Одобрил исправление
op-action-adjustment-decline = Отклонил исправление
op-action-adjustment-expire = Исправление никто не решил вовремя
op-action-claim-answer = Ответил на обращение
op-action-store-add = Добавил магазин
op-action-store-update = Изменил магазин
op-action-store-import = Загрузил магазин из файла
op-action-terms-add = Добавил условия
op-action-adapter-put = Сохранил адаптер
op-action-partner-add = Добавил партнёра
op-action-partner-update = Изменил партнёра
op-action-partner-payment = Провёл платёж партнёра
op-action-postback-rerun = Выполнил вызов снова
op-action-payout-approve = Отпустил вывод
op-action-payout-decline = Отклонил вывод
op-action-payout-ask = Спросил банк
op-action-payout-resolve = Указал исход вывода
op-action-operator-add = Добавил оператора
op-action-operator-set-role = Дал роль
op-action-operator-block = Заблокировал оператора
op-action-operator-unblock = Разблокировал оператора
op-action-operator-password = Сменил свой пароль
op-action-token-create = Сделал токен
op-action-token-revoke = Отозвал токен
op-action-keys-rotate = Сменил ключ ссылок
op-action-partner-rotate-secret = Сменил секрет партнёра
op-action-shopper-add = Добавил покупателя
op-job-restart = Запустить снова
flash-job-restarted = Её пробуют снова.
refused-job-not-given-up = Эта задача идёт сама.
op-action-job-restart = Запустил задачу снова
